"""From a credential to a Principal, or to a refusal that says what to do about it.

Terms: a *token* is a signed JWT; a *user token* is what clients send to the gateway, signed with the project's JWT secret or
by another issuer whose public key we have; a *service token* is what a service shows to the registry and to other services,
for ten minutes, signed by the daemon; an *operator* is a principal with the role "operator". An *API key* is a long-lived
secret for a program; the *ring* holds those that are valid; a *revocation* takes tokens back before they expire; a *ledger*
is a private list in a file, which people change while the gateway runs. An *inspection* is what can be said of a token
without trusting it; an *explanation* is why a role may do something or not. Rooms above health may import auth; auth imports
policy, model and errors. Nothing here ever prints, logs or echoes a token, a key or a secret.
"""
