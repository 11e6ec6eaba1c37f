"""The portal: customers see their tickets in plain words, and open, add to, take back and rate them.

Owns what a customer is shown and how it is said. Promises that nothing of the desk's inside gets there: no note, no
colleague's name or login, no team, no file that is not for the customer; that what a customer sends is judged by the
same rules as at every other door; and that one customer never learns of another. Refuses to let anybody in by a number
alone: a customer comes by a link that somebody made for them (`customers.links`).
"""
