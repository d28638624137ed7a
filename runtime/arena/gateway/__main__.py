"""`python -I -m arena.gateway GATEWAY_JSON`."""

from arena.gateway.process import main

main()
