"""Text generation behind two APIs: `/generate`, in Arena's own shape, and `/v1`, in OpenAI's.

Terms: a *chat* is what is asked (messages and sampling); a *backend* answers it with *deltas* (pieces of text) and one
*finish* (why it ended, and the model's own token counts); a *failure* is why it could not. Both APIs are thin: they read a
chat, run it, and write what comes back.
"""
