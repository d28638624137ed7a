"""Listening sockets that outlive the processes which accept from them.

Theory. A connection that the kernel has accepted and no process has taken yet waits in the queue of its listening
socket, and is reset when the last holder of that socket closes it. So the supervisor opens the sockets, keeps them, and
lets each process inherit one: whoever dies, or is replaced, loses nothing that waits. Every copy of a workload has a
socket of its own at the shared address (SO_REUSEPORT), because the kernel deals connections out evenly among sockets,
not among the processes at one.

A socket that goes for good, because there shall be fewer copies, must get no more connections before its queue is emptied
and closed: a filter on the group sends what is new to the others first. Without the filter (not Linux) a connection
that arrives in those microseconds is lost. Sources: socket(7) SO_REUSEPORT, SO_ATTACH_REUSEPORT_CBPF; linux/filter.h.
"""

from __future__ import annotations

import ctypes
import errno
import logging
import socket
import struct
import sys
from collections.abc import Collection, Sequence

from arena.errors import PortTaken
from arena.model.address import Address
from arena.supervisor import ports

BACKLOG = 4096
_ATTACH_CBPF, _DETACH_BPF = 51, 68  # asm-generic/socket.h
_RANDOM = 0xFFFFF000 + 56  # SKF_AD_OFF + SKF_AD_RANDOM
_log = logging.getLogger("arena.supervisor")


class Listening:
    """The sockets of the workloads whose copies listen together, by address and index of the copy."""

    def __init__(self) -> None:
        self._open: dict[tuple[Address, int], list[socket.socket]] = {}
        self._with_others: set[Address] = set()

    def of(self, address: Address, index: int) -> tuple[int, ...]:
        """The file descriptors for copy `index`, one for each address that the host's name stands for. Raises PortTaken."""
        key = address, index
        if key not in self._open:
            there = self._at(address)
            if not there and not ports.is_free(address.host, address.port):
                self._with_others.add(address)
            self._open[key] = _listen(address)
            _deal_to_all(self._open[key])  # also undoes what an earlier supervisor said
        return tuple(one.fileno() for one in self._open[key])

    def favour(self, address: Address, strangers: int) -> None:
        """Send every new connection to the youngest socket, because one of the `strangers`, sockets there that we do not hold,
        is about to close. When it has, the filter points beyond the end of the group, which the kernel takes for none."""
        ours = self._at(address)
        if ours and strangers:
            _deal_to_one(ours[-1], len(ours) + strangers - 1)

    def has(self, address: Address, index: int) -> bool:
        """Whether we hold the socket of copy `index`."""
        return (address, index) in self._open

    def holds(self, address: Address) -> bool:
        """Whether we listen there."""
        return bool(self._at(address))

    def keep(self, wanted: Collection[tuple[Address, int]]) -> None:
        """Close the sockets of all other copies. Who still runs has a duplicate, and closes it when its queue is empty."""
        gone = self._open.keys() - set(wanted)
        for address in {address for address, _ in gone}:
            self._steer(address, gone)
        for key in gone:
            _close(self._open.pop(key))
        self._with_others &= {address for address, _ in self._open}

    def close(self) -> None:
        """Let go of all; processes go on with their duplicates."""
        for sockets in self._open.values():
            _close(sockets)
        self._open.clear()

    def _at(self, address: Address) -> list[list[socket.socket]]:
        return [sockets for (mine, _), sockets in self._open.items() if mine == address]

    def _steer(self, address: Address, gone: Collection[tuple[Address, int]]) -> None:
        """Send new connections to those that stay. The filter names sockets by their place in the group, which is their age,
        so they must be the eldest, and none of the group another's."""
        keys = [key for key in self._open if key[0] == address]
        staying = [key for key in keys if key not in gone]
        if staying and address not in self._with_others and staying == keys[: len(staying)]:
            _deal_to_first(self._open[staying[0]], len(staying))


def _listen(address: Address) -> list[socket.socket]:
    opened: list[socket.socket] = []
    try:
        for family, _, _, _, where in socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            opened.append(socket.socket(family, socket.SOCK_STREAM))
            opened[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            opened[-1].setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            if family == socket.AF_INET6:
                opened[-1].setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            opened[-1].bind(where)
            opened[-1].listen(BACKLOG)
    except OSError as error:
        _close(opened)
        raise PortTaken(
            f"cannot listen on {address.authority}: {error.strerror or error}",
            hint="stop what holds the port, or choose another in arena.yaml",
        ) from error
    return opened


def _close(sockets: Collection[socket.socket]) -> None:
    for one in sockets:
        one.close()


def _deal_to_first(group: Collection[socket.socket], count: int) -> None:
    """From now on only the `count` eldest sockets of each one's group get connections."""
    # ld random; mod count; ret A
    _attach(group, ((0x20, 0, 0, _RANDOM), (0x94, 0, 0, count), (0x16, 0, 0, 0)))


def _attach(group: Collection[socket.socket], code: Sequence[tuple[int, int, int, int]]) -> None:
    program = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *each) for each in code))
    _set(group, _ATTACH_CBPF, struct.pack("@HP", len(code), ctypes.addressof(program)))


def _deal_to_one(group: Collection[socket.socket], place: int) -> None:
    """From now on only the socket at this place of the group, counted from 0 by age, gets connections."""
    _attach(group, ((0x06, 0, 0, place),))  # ret place


def _deal_to_all(group: Collection[socket.socket]) -> None:
    _set(group, _DETACH_BPF, struct.pack("@i", 0))


def _set(group: Collection[socket.socket], option: int, value: bytes) -> None:
    if sys.platform != "linux":
        return
    for one in group:
        try:
            one.setsockopt(socket.SOL_SOCKET, option, value)
        except OSError as error:
            # ENOENT: there was no filter to take away. Anything else: as on a system that has none.
            if error.errno != errno.ENOENT:
                _log.warning("connections to a socket that closes cannot be sent elsewhere: %s", error)
