"""The queues of a runbook in memory: visibility time-outs, delays, redelivery and dead letters."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Letter:
    """A message. `receives` counts its deliveries; `done` once it was deleted, or died."""

    id: str
    body: str
    receives: int = 0
    visible_at: float = 0
    done: bool = False


@dataclass
class MemoryQueue:
    """A queue. What is delivered too often is a dead letter. A handled message is `done`."""

    name: str
    visibility: float
    most: int
    letters: list[Letter] = field(default_factory=list)
    dead: list[Letter] = field(default_factory=list)

    def put(self, body: str, at: float) -> Letter:
        """Add a message that becomes visible at a time."""
        letter = Letter(f"{self.name}-{len(self.letters) + 1}", body, visible_at=at)
        self.letters.append(letter)
        return letter

    def take(self, letter: Letter, now: float) -> bool:
        """Deliver a message, or let it die. Return whether it was delivered."""
        if letter.done or letter.visible_at > now + 0.001:  # clocks have microseconds
            return False
        if letter.receives >= self.most:
            letter.done = True
            self.dead.append(letter)
            return False
        letter.receives += 1
        letter.visible_at = now + self.visibility
        return True

    @property
    def waiting(self) -> list[Letter]:
        """The messages that are neither done nor dead."""
        return [one for one in self.letters if not one.done]
