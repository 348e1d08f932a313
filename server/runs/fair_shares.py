"""Turns of addresses: start-time fair queueing (Goyal, Vin and Cheng 1996) with a run as the packet. Reads no clock.

A run's start tag is where its address has got to, at least where the queue has (the virtual time: the start tag of the
newest run); the lowest tag goes next. A run moves its addresses on by one divided by its weight, so an address with
many starts stands behind one that has had fewer, and a run that many pages want costs little. Pages at one address
weigh the square root of their number: they may be a class, or one client with many names.
"""

from __future__ import annotations

import heapq
import math
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence

_MAX_ADDRESSES = 4096


def weight(pages_by_address: Mapping[str, int]) -> float:
    """What so many pages at these addresses weigh; at least 1."""
    return max(1.0, sum(map(math.sqrt, pages_by_address.values())))


class FairShares:
    """Where each address has got to, in runs of weight 1."""

    def __init__(self) -> None:
        self._virtual = 0.0
        self._finish: dict[str, float] = {}  # of addresses beyond the virtual time

    def start_tag(self, pages_by_address: Mapping[str, int]) -> float:
        """That of a run wanted from these addresses: the one that has had least decides."""
        reached = (self._finish.get(address, 0.0) for address in pages_by_address)
        return max(self._virtual, min(reached, default=0.0))

    def charge(self, pages_by_address: Mapping[str, int]) -> float:
        """Such a run starts: the virtual time and its addresses move on; its start tag."""
        tag, cost = self.start_tag(pages_by_address), 1.0 / weight(pages_by_address)
        self._virtual = tag
        for address in pages_by_address:
            self._finish[address] = max(tag, self._finish.get(address, 0.0)) + cost
        self._finish = {address: at for address, at in self._finish.items() if at > tag}
        if len(self._finish) > _MAX_ADDRESSES:
            del self._finish[min(self._finish, key=self._finish.__getitem__)]
        return tag

    def forgive(self) -> None:
        """Nobody waits: all begin anew, as equals."""
        self._virtual, self._finish = 0.0, {}

    def order(self, wanted: Sequence[tuple[Mapping[str, int], float | None]]) -> list[int]:
        """In which order these runs start, if nobody else comes: indexes, equal tags by their order in ``wanted``.

        Each is given by its pages by address, and by its start tag if it has been charged. Runs wanted from the same
        addresses have one tag, so only the first of them is in the heap; tags only rise while runs start, and one that
        has risen since it was looked up goes back.
        """
        ahead, flows = FairShares(), defaultdict[object, deque[int]](deque)
        ahead._virtual, ahead._finish = self._virtual, dict(self._finish)
        for index, (pages, tag) in enumerate(wanted):
            flows[frozenset(pages) if tag is None else index].append(index)
        heap = [(ahead._tag_of(*wanted[flow[0]]), flow[0], flow) for flow in flows.values()]
        heapq.heapify(heap)
        found: list[int] = []
        while heap:
            known, index, flow = heapq.heappop(heap)
            if known >= ahead._tag_of(*wanted[index]):
                found.append(flow.popleft())
                if wanted[index][1] is None:
                    ahead.charge(wanted[index][0])
            if flow:
                heapq.heappush(heap, (ahead._tag_of(*wanted[flow[0]]), flow[0], flow))
        return found

    def _tag_of(self, pages_by_address: Mapping[str, int], charged: float | None) -> float:
        return self.start_tag(pages_by_address) if charged is None else charged
