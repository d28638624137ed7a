"""What the supervisor starts instances with. Backends know one another only through `base`."""
