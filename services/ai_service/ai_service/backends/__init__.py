"""Who answers a chat: one Protocol, one contract, one file per kind of model server."""
