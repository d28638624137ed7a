"""What bodies say, for the few routes that ask: JSON, changed without touching what was not meant, and the tokens of a language
model that a request may use and did.
"""
