"""Every command by name, section and summary, so that `arena --help` imports none of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A command. Its code is the function named like the last word of `path`, in the module named like the whole of it:
    `token issue` is `issue` in `commands/token_issue.py`. An entry with `members` is a group of commands."""

    path: str
    section: str
    summary: str
    members: tuple[Entry, ...] = ()

    @property
    def name(self) -> str:
        return self.path.rpartition(" ")[2]

    @property
    def module(self) -> str:
        return "arena_cli.commands." + self.path.replace(" ", "_")


RUN, LOOK, ACCESS, SETUP = "Run the project", "Look at it", "Let people in", "Set it up and check it"

CATALOGUE: tuple[Entry, ...] = (
    Entry("up", RUN, "Start the project, or the named services and what they need."),
    Entry("down", RUN, "Stop everything and end the daemon."),
    Entry("restart", RUN, "Stop and start services, one instance after another."),
    Entry("wait", RUN, "Wait until a service has a status or health."),
    Entry("ps", LOOK, "List what runs."),
    Entry("logs", LOOK, "Show what services and components wrote."),
    Entry("health", LOOK, "Show what the health checks last said."),
    Entry(
        "breaker",
        LOOK,
        "Show circuit breakers; take instances out of traffic and put them back.",
        (
            Entry("breaker list", "Commands", "Show every instance's circuit breaker, weight and place in traffic."),
            Entry("breaker trip", "Commands", "Take an instance, a service or a route out of traffic."),
            Entry("breaker reset", "Commands", "Put it back into traffic, and close its circuit breaker."),
        ),
    ),
    Entry(
        "cache",
        LOOK,
        "Have the gateway forget replies that it keeps.",
        (Entry("cache purge", "Commands", "Forget kept replies: all, a route's, or those of a URL."),),
    ),
    Entry(
        "token",
        ACCESS,
        "Issue, inspect, list and revoke access tokens, rotate their key.",
        (
            Entry("token issue", "Commands", "Issue a signed token for the gateway."),
            Entry("token inspect", "Commands", "Show what a token says and whether the gateway would accept it."),
            Entry("token list", "Commands", "List the tokens that were issued, never the tokens themselves."),
            Entry("token revoke", "Commands", "Take back a token, or all that a subject has."),
            Entry("token rotate", "Commands", "Sign tokens with a new key."),
        ),
    ),
    Entry(
        "key",
        ACCESS,
        "Make, list and revoke API keys.",
        (
            Entry("key create", "Commands", "Make an API key for a program."),
            Entry("key list", "Commands", "List the API keys, never the keys themselves."),
            Entry("key revoke", "Commands", "Take an API key back."),
        ),
    ),
    Entry(
        "auth",
        ACCESS,
        "Ask who may do what.",
        (Entry("auth can", "Commands", "Say whether a role may send a request, and which rule decides."),),
    ),
    Entry("chaos", SETUP, "Let something go wrong with a service for a while."),
    Entry("init", SETUP, "Write a small, commented arena.yaml."),
    Entry("config", SETUP, "Check arena.yaml and show it complete."),
    Entry("schema", SETUP, "Print the JSON schema of arena.yaml."),
    Entry("doctor", SETUP, "Check this machine and this project, and say what to do."),
    Entry("version", SETUP, "Show the version of Arena."),
)


def commands(entries: tuple[Entry, ...] = CATALOGUE) -> Iterator[Entry]:
    """Every runnable command, groups opened."""
    for entry in entries:
        if entry.members:
            yield from commands(entry.members)
        else:
            yield entry
