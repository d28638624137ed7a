"""What `arena doctor` looks at: this machine (`machine`), this project (`project`) and its ports (`port`).

A *check* asks one question and says what it found, never more than it looked at: what could not be looked at is
`not_checked`. Only `commands.doctor` and `render.check` import this room.
"""
