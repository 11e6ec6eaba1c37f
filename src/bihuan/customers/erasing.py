"""What of a customer goes when they are erased: contacts, portal links and sessions, the code of an organisation."""

from bihuan.customers.links import queries
from bihuan.privacy import Leaving, forgets


@forgets
async def forget(leaving: Leaving) -> None:
    """Only the row that tickets point to stays, and says nothing but that there was somebody."""
    work, subjects = leaving.work, list(leaving.subjects)
    await work.run(queries.drop_contacts, customer_ids=subjects)
    await work.run(queries.drop_sessions_of, customer_ids=subjects)
    await work.run(queries.drop_links_of, customer_ids=subjects)
    await work.run(queries.drop_preferences_of, customer_ids=subjects)
    await work.run(queries.empty_customers, customer_ids=subjects, at=leaving.at)
    work.touch(f"credentials:{work.tenant_id}")
