"""What the gateway says of itself: `/health`, `/services`, `/metrics`, `/breakers`, and the keys that services verify with."""
