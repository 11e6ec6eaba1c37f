-- name: by_blind_index
-- Customers of whom one of these values is known, and whether they, or whoever they were found to be the same person as,
-- are or ever were known by one of the strong kinds.
select c.customer_id, r.id as root_id, c.contact_no, c.kind, v.blind_index, r.tier,
  array(select m.id from customer m where m.tenant_id = r.tenant_id and m.root_id = r.id order by m.id) as others,
  exists (select from customer m
    where m.tenant_id = r.tenant_id and (m.id = r.id or m.root_id = r.id) and (m.uscc is not null or exists (
      select from customer_contact o
      where o.tenant_id = m.tenant_id and o.customer_id = m.id and o.contact_no = 0 and o.kind = any(:strong)))
  ) as strong
from vault_value v
join customer_contact c on c.tenant_id = v.tenant_id and c.value_id = v.id
join customer k on k.tenant_id = c.tenant_id and k.id = c.customer_id
join customer r on r.tenant_id = k.tenant_id and r.id = coalesce(k.root_id, k.id)
where v.tenant_id = :tenant_id and v.blind_index = any(:indexes) and c.ended_at is null;

-- name: by_uscc
-- The organisation of this code.
select c.id as customer_id, r.id as root_id, r.tier from customer c
join customer r on r.tenant_id = c.tenant_id and r.id = coalesce(c.root_id, c.id)
where c.tenant_id = :tenant_id and c.uscc = :uscc;

-- name: add_customer!
-- A customer.
insert into customer (tenant_id, id, kind, uscc, language, tier, created_at, changed_at)
values (:tenant_id, :id, :kind, :uscc, :language, :tier, :at, :at);

-- name: tier_of
-- The tier of a customer: that of whom they are shown under.
select r.tier from customer c join customer r on r.tenant_id = c.tenant_id and r.id = coalesce(c.root_id, c.id)
where c.tenant_id = :tenant_id and c.id = :id;

-- name: set_tier
-- A customer into a tier, or out of all.
update customer set tier = :tier, changed_at = :at, version = version + 1
where tenant_id = :tenant_id and id = :id returning tier;

-- name: add_contacts!
-- How they are known and reached, as arrays of equal length.
insert into customer_contact (tenant_id, id, customer_id, contact_no, kind, value_id, created_at)
select :tenant_id, c.id, :customer_id, c.contact_no, c.kind, c.value_id, :at
from unnest(:ids::uuid[], :contact_nos::smallint[], :kinds::text[], :value_ids::uuid[])
  as c (id, contact_no, kind, value_id);

-- name: contacts_of
-- Contacts of customers, those of one first who comes first among the ids.
select c.id, c.customer_id, c.contact_no, c.kind, c.value_id, v.subject_id, v.kind as value_kind, v.ciphertext
from customer_contact c join vault_value v on v.tenant_id = c.tenant_id and v.id = c.value_id
where c.tenant_id = :tenant_id and c.customer_id = any(:customer_ids) and c.ended_at is null
order by c.contact_no, array_position(:customer_ids::uuid[], c.customer_id), c.created_at, c.id;

-- name: end_contact
-- A contact that no longer holds.
update customer_contact set ended_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and id = :id and ended_at is null returning id;

-- name: customer
-- One customer.
select id, kind, uscc, language, tier, version, created_at from customer where tenant_id = :tenant_id and id = :id;

-- name: subject_of
-- A customer by id, with the tier that holds for them.
select c.id as customer_id, r.id as root_id, r.tier from customer c
join customer r on r.tenant_id = c.tenant_id and r.id = coalesce(c.root_id, c.id)
where c.tenant_id = :tenant_id and c.id = :id;

-- name: add_link!
-- A link to the portal.
insert into customer_link (tenant_id, id, customer_id, ticket_id, use, secret_sha256, language, sealed, created_by,
  created_at, expires_at)
values (:tenant_id, :id, :customer_id, :ticket_id, :use, :secret_sha256, :language, :sealed, :created_by,
  :at, :expires_at);

-- name: use_link
-- Use a link up: of all who try at once, one gets the row.
update customer_link set used_at = :at
where tenant_id = :tenant_id and id = :id and secret_sha256 = :secret_sha256 and used_at is null and expires_at > :at
returning id, customer_id, ticket_id, language, sealed;

-- name: use_up_links
-- Use up links of these customers that nobody has come by.
update customer_link set used_at = :at
where tenant_id = :tenant_id and customer_id = any(:customer_ids) and used_at is null and expires_at > :at returning id;

-- name: drop_old_links!
-- Links that ended long ago.
delete from customer_link where tenant_id = :tenant_id and expires_at < :before;

-- name: add_session!
-- A customer's session.
insert into customer_session (tenant_id, id, customer_id, link_id, ticket_id, secret_sha256, csrf, language, sealed,
  created_at, last_used_at, expires_at)
values (:tenant_id, :id, :customer_id, :link_id, :ticket_id, :secret_sha256, :csrf, :language, :sealed, :at, :at,
  :expires_at);

-- name: session
-- A session, and the customers its customer is.
select s.id, s.customer_id, s.ticket_id, s.secret_sha256, s.csrf, s.language, s.sealed, s.last_used_at, s.expires_at,
  s.ended_at, array(select m.id from customer c join customer m on m.tenant_id = c.tenant_id
    and (m.id = coalesce(c.root_id, c.id) or m.root_id = coalesce(c.root_id, c.id))
    where c.tenant_id = s.tenant_id and c.id = s.customer_id) as selves
from customer_session s where s.tenant_id = :tenant_id and s.id = :id;

-- name: sessions_of
-- Several sessions, for what stays open by them, and the customers each one's customer is.
select s.id, s.customer_id, s.ticket_id, s.secret_sha256, s.csrf, s.language, s.sealed, s.last_used_at, s.expires_at,
  s.ended_at, array(select m.id from customer c join customer m on m.tenant_id = c.tenant_id
    and (m.id = coalesce(c.root_id, c.id) or m.root_id = coalesce(c.root_id, c.id))
    where c.tenant_id = s.tenant_id and c.id = s.customer_id) as selves
from customer_session s where s.tenant_id = :tenant_id and s.id = any(:ids);

-- name: session_used!
-- Seen again.
update customer_session set last_used_at = :at where tenant_id = :tenant_id and id = :id and last_used_at < :at;

-- name: end_session
-- A session that is over.
update customer_session set ended_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and id = :id and ended_at is null returning id;

-- name: end_sessions
-- All sessions of these customers are over.
update customer_session set ended_at = :at
where tenant_id = :tenant_id and customer_id = any(:customer_ids) and ended_at is null returning id;

-- name: drop_old_sessions!
-- Sessions that ended long ago.
delete from customer_session where tenant_id = :tenant_id and expires_at < :before;

-- name: verifications
-- Attempts to verify the customer of a ticket, oldest first.
select id, ticket_id, customer_id, method, level::integer as level, passed, attempt::integer as attempt, channel, reference,
  staff_id, verified_at
from verification where tenant_id = :tenant_id and ticket_id = :ticket_id order by id;

-- name: verifications_since
-- Attempts to verify a customer since a moment, whatever the ticket.
select id, ticket_id, customer_id, method, level::integer as level, passed, attempt::integer as attempt, channel, reference,
  staff_id, verified_at
from verification where tenant_id = :tenant_id and customer_id = :customer_id and verified_at > :since_at order by id;

-- name: add_verification!
-- What came of an attempt.
insert into verification (tenant_id, id, ticket_id, seq, customer_id, method, level, passed, attempt, channel, reference,
  staff_id, verified_at)
values (:tenant_id, :id, :ticket_id, :seq, :customer_id, :method, :level, :passed, :attempt, :channel, :reference,
  :staff_id, :verified_at);

-- name: drop_contacts!
-- How erased customers were known and reached, and who was known by a value of theirs.
delete from customer_contact where tenant_id = :tenant_id and (customer_id = any(:customer_ids)
  or value_id in (select v.id from vault_value v where v.tenant_id = :tenant_id and v.subject_id = any(:customer_ids)));

-- name: drop_sessions_of!
-- Sessions of erased customers.
delete from customer_session where tenant_id = :tenant_id and customer_id = any(:customer_ids);

-- name: drop_links_of!
-- Links of erased customers.
delete from customer_link where tenant_id = :tenant_id and customer_id = any(:customer_ids);

-- name: drop_preferences_of!
-- How erased customers wanted to be told.
delete from customer_preference where tenant_id = :tenant_id and customer_id = any(:customer_ids);

-- name: empty_customers!
-- Nothing but that there was somebody.
update customer set uscc = null, tier = null, changed_at = :at, version = version + 1
where tenant_id = :tenant_id and id = any(:customer_ids);
