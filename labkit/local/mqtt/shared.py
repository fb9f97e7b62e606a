"""A shared subscription's group: one of its members gets each message.

https://docs.aws.amazon.com/iot/latest/developerguide/mqtt.html#mqtt5-shared-subscription
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from labkit.local.mqtt.limits import Budget, Limits
from labkit.local.mqtt.messages import Outgoing
from labkit.local.mqtt.packets import Subscription
from labkit.local.mqtt.sessions import Session


class Group:
    """Those who subscribed to one `$share/ShareName/filter`, online or away with a persistent session."""

    def __init__(
        self,
        share: str,
        limits: Limits,
        budget: Budget,
        now: Callable[[], float],
        choose: Callable[[int], int],
    ) -> None:
        self._share = share
        self._limits = limits
        self._budget = budget
        self._now = now
        self._choose = choose
        self._members: dict[Session, Subscription] = {}
        #: Each message with the instant until which it is kept.
        self._queue: deque[tuple[Outgoing, float]] = deque()

    def permitted_as(self, topic: str) -> str:
        """What a member's policy calls a topic whose messages come through this group.

        `topic/$share/*/test/topic` is what AWS's sample policy lets its members receive from:
        https://github.com/aws/aws-iot-device-sdk-python-v2/blob/main/samples/mqtt5_shared_subscription.md
        """
        return f"$share/{self._share}/{topic}"

    def join(self, session: Session, subscription: Subscription) -> None:
        self._members[session] = subscription
        session.groups[self] = None

    def leave(self, session: Session) -> bool:
        """False when nobody is left, and the queue with it."""
        del self._members[session]
        session.groups.pop(self, None)
        if not self._members:
            while self._queue:
                self._budget.give(self._queue.popleft()[0].size)
        return bool(self._members)

    def deliver(self, message: Outgoing) -> bool:
        """To "a random distribution" of the members online; without any, a QoS 1 message is queued."""
        online = [member for member in self._members if member.link is not None]
        while online:
            member = online.pop(self._choose(len(online)))
            if self._hand(member, message):
                return True
        return message.qos > 0 and self._keep(message)

    def _hand(self, member: Session, message: Outgoing) -> bool:
        subscription = self._members[member]
        retain = message.retain and subscription.retain_as_published
        return member.deliver(message, subscription.qos, retain, self)

    def _keep(self, message: Outgoing) -> bool:
        """Queuing is enabled where a member has a persistent session. Older messages are not displaced."""
        if (
            not any(member.expiry and subscription.qos for member, subscription in self._members.items())
            or len(self._queue) >= self._limits.queued_messages
            or not self._budget.take(message.size)
        ):
            return False
        # "If a Message Expiry Interval is set in the inbound publish message, the MEI takes precedence."
        until = message.expires or self._now() + self._limits.session_expiry
        self._queue.append((message, until))
        return True

    def send_queued(self, member: Session) -> None:
        """ "Up to 20 queued messages per second per active group subscriber"."""
        for _ in range(min(self._limits.shared_stored_a_second, len(self._queue))):
            message, until = self._queue.popleft()
            self._budget.give(message.size)
            if self._now() < until:
                self._hand(member, message)
