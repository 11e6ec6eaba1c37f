"""Notices: who is told what has happened, how, and whether it arrived.

Owns each colleague's feed, everybody's wishes of how they want to be told, and every message that leaves the desk.
Promises that the same news is told once, that nobody is told of a ticket they do not see or of what they did
themselves, that many news of a kind at once become one, and that a message is on record before it leaves. Refuses
personal data in its rows: they hold codes, and a text is made when it is read or sent; a customer is never told
colleagues' names or notes.
"""

from bihuan.notices import alarms, deliver, jobs
from bihuan.notices.channels import channels_on

__all__ = ["alarms", "channels_on", "deliver", "jobs"]
