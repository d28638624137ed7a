"""Sockets that outlive who accepts from them."""

import os
import socket
import sys

import pytest

from arena.errors import PortTaken
from arena.model.address import Address
from arena.supervisor.listening import Listening
from tests.ports import free_port


@pytest.fixture
def address():
    return Address("127.0.0.1", free_port())


@pytest.fixture
def listening():
    one = Listening()
    yield one
    one.close()


@pytest.fixture
def copies(listening, address):
    """Duplicates, as three processes would hold them."""
    held = [socket.socket(fileno=os.dup(listening.of(address, index)[0])) for index in (1, 2, 3)]
    yield held
    for one in held:
        one.close()


def dealt(address, sockets, count=200):
    """How many of `count` new connections each socket gets."""
    clients = [socket.create_connection((address.host, address.port)) for _ in range(count)]
    numbers = [taken(one) for one in sockets]
    for client in clients:
        client.close()
    return numbers


def taken(sock):
    sock.setblocking(False)
    number = 0
    while True:
        try:
            sock.accept()[0].close()
        except BlockingIOError:
            return number
        number += 1


def test_it_is_the_same_socket_however_often_one_asks(listening, address):
    assert not listening.holds(address)
    assert listening.of(address, 1) == listening.of(address, 1) != listening.of(address, 2)
    assert listening.holds(address)


def test_each_copy_gets_its_share(address, copies):
    numbers = dealt(address, copies)
    assert sum(numbers) == 200
    assert min(numbers) > 20


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can steer connections")
def test_nothing_new_comes_to_a_copy_that_is_to_go(listening, address, copies):
    waiting = socket.create_connection((address.host, address.port))
    listening.keep({(address, 1), (address, 2)})
    first, second, third = dealt(address, copies)
    assert first + second + third in (200, 201), "one had waited before"
    assert third <= 1
    copies.pop().close()
    assert sum(dealt(address, copies)) == 200
    listening.keep({(address, 1)})
    assert dealt(address, copies) == [200, 0]
    copies.pop().close()
    copies.append(socket.socket(fileno=os.dup(listening.of(address, 2)[0])))
    assert min(dealt(address, copies)) > 20, "and a new one gets its share again"
    waiting.close()


def test_among_sockets_of_another_supervisor_nothing_is_steered(listening, address):
    before = Listening()
    copy = socket.socket(fileno=os.dup(before.of(address, 1)[0]))
    before.close()
    copies = [copy, *(socket.socket(fileno=os.dup(listening.of(address, index)[0])) for index in (2, 3))]
    listening.keep({(address, 2)})
    assert min(dealt(address, copies)) > 20
    for one in copies:
        one.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can steer connections")
def test_what_is_new_goes_to_the_youngest_until_an_elder_has_closed(listening, address):
    before = Listening()
    elders = [socket.socket(fileno=os.dup(before.of(address, index)[0])) for index in (1, 2)]
    before.keep({(address, 1)})  # its filter outlives it
    before.close()
    heirs = []
    for index in (1, 2):
        heirs.append(socket.socket(fileno=os.dup(listening.of(address, index)[0])))
        listening.favour(address, len(elders))
        assert dealt(address, [*elders, *heirs])[-1] == 200
        elders.pop(0).close()
        assert min(dealt(address, [*elders, *heirs])) > 20, "and then all get their share"
    for one in heirs:
        one.close()


def test_the_last_one_leaves_nobody_listening(listening, address):
    listening.of(address, 1)
    listening.keep(())
    assert not listening.holds(address)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.host, address.port))


def test_a_name_may_stand_for_several_addresses(listening, address):
    sockets = listening.of(Address("localhost", address.port), 1)
    assert len(sockets) == len({info[4] for info in socket.getaddrinfo("localhost", 1, type=socket.SOCK_STREAM)})


def test_a_taken_port_is_said_so(listening):
    with socket.create_server(("127.0.0.1", 0)) as other, pytest.raises(PortTaken, match="cannot listen on"):
        listening.of(Address("127.0.0.1", other.getsockname()[1]), 1)
