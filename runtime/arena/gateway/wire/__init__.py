"""Bytes to facts and back, without sockets.

A *head* is everything up to the blank line; it is parsed once, whole, by llhttp (through httptools), and what llhttp
lets pass but a proxy must not is refused here. A *body* reader knows where a message ends. Only the gateway imports
wire.
"""
