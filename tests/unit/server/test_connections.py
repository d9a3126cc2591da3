"""The connections of a worker: how many may be open, and which make room for others."""

from service.server.connections import FREE_HEAD_BYTES, MAX_HEADS_BYTES, Connections


class Opened:
    """A connection that remembers what became of it."""

    def __init__(self, *, is_dispensable: bool = True) -> None:
        self.is_dispensable = is_dispensable
        self.is_dismissed = False
        self.went_on = 0

    def dismiss(self) -> None:
        self.is_dismissed = True

    def go_on(self) -> None:
        self.went_on += 1


def test_a_connection_replaces_the_oldest_that_is_dispensable() -> None:
    connections = Connections(6)
    busy, first, second, new = Opened(is_dispensable=False), Opened(), Opened(), Opened()
    assert all(map(connections.admit, (busy, first, second, new)))
    assert [each.is_dismissed for each in (busy, first, second, new)] == [False, True, False, False]


def test_clients_without_a_key_have_half_of_the_connections_and_keep_nobody_else_out() -> None:
    connections = Connections(4)
    known = [Opened(is_dispensable=False) for _ in range(2)]
    for each in known:
        assert connections.admit(each)
        connections.authenticate(each)
    strangers = [Opened(is_dispensable=False) for _ in range(2)]
    assert all(map(connections.admit, strangers))
    assert not connections.admit(Opened())
    strangers[0].is_dispensable = True
    assert connections.admit(Opened())
    assert strangers[0].is_dismissed


def test_where_all_connections_are_known_an_idle_one_makes_room() -> None:
    connections = Connections(2)
    known = [Opened(), Opened(is_dispensable=False)]
    for each in known:
        assert connections.admit(each)
        connections.authenticate(each)
    assert connections.admit(Opened(is_dispensable=False))
    assert known[0].is_dismissed
    assert not connections.admit(Opened())


def test_a_connection_that_is_lost_makes_room() -> None:
    connections = Connections(2)
    lost = Opened(is_dispensable=False)
    assert connections.admit(lost)
    connections.remove(lost)
    assert connections.admit(Opened())
    assert not lost.is_dismissed


def test_a_few_refused_connections_linger() -> None:
    connections = Connections(2)
    lingering = [Opened() for _ in range(129)]
    assert [connections.may_linger(each) for each in lingering] == [True] * 128 + [False]
    connections.remove(lingering[0])
    assert connections.may_linger(lingering[-1])


def test_a_large_head_waits_until_another_gives_its_room_back() -> None:
    connections = Connections(10)
    large, waiting, lost = Opened(), Opened(), Opened()
    assert connections.reserve_head(large, MAX_HEADS_BYTES)
    assert not connections.reserve_head(waiting, FREE_HEAD_BYTES)
    assert not connections.reserve_head(lost, FREE_HEAD_BYTES)
    connections.remove(lost)
    connections.release_head(MAX_HEADS_BYTES)
    assert (waiting.went_on, lost.went_on) == (1, 0)
    assert connections.reserve_head(waiting, FREE_HEAD_BYTES)
