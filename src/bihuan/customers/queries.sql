-- name: by_blind_index
-- Customers of whom one of these values is known, and whether they are, or ever were, known by one of the strong kinds.
select c.customer_id, c.contact_no, c.kind, v.blind_index, s.wrapped_key, s.wrap_key, k.tier,
  k.uscc is not null or exists (select from customer_contact o
    where o.tenant_id = c.tenant_id and o.customer_id = c.customer_id and o.contact_no = 0 and o.kind = any(:strong)
  ) as strong
from vault_value v
join customer_contact c on c.tenant_id = v.tenant_id and c.value_id = v.id
join customer k on k.tenant_id = c.tenant_id and k.id = c.customer_id
join vault_subject s on s.tenant_id = c.tenant_id and s.id = c.customer_id
where v.tenant_id = :tenant_id and v.blind_index = any(:indexes) and c.ended_at is null;

-- name: by_uscc
-- The organisation of this code.
select c.id as customer_id, s.wrapped_key, s.wrap_key, c.tier
from customer c left join vault_subject s on s.tenant_id = c.tenant_id and s.id = c.id
where c.tenant_id = :tenant_id and c.uscc = :uscc;

-- name: add_customer!
-- A customer.
insert into customer (tenant_id, id, kind, uscc, language, tier, created_at, changed_at)
values (:tenant_id, :id, :kind, :uscc, :language, :tier, :at, :at);

-- name: tier_of
-- The tier of a customer.
select tier from customer where tenant_id = :tenant_id and id = :id;

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
-- Masked contacts of customers.
select c.id, c.customer_id, c.contact_no, c.kind, v.mask, c.value_id
from customer_contact c join vault_value v on v.tenant_id = c.tenant_id and v.id = c.value_id
where c.tenant_id = :tenant_id and c.customer_id = any(:customer_ids) and c.ended_at is null
order by c.customer_id, c.contact_no, c.created_at, c.id;

-- name: end_contact
-- A contact that no longer holds.
update customer_contact set ended_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and id = :id and ended_at is null returning id;

-- name: customer
-- One customer.
select id, kind, uscc, language, tier, version, created_at from customer where tenant_id = :tenant_id and id = :id;

-- name: subject_of
-- A customer's key, where they have one.
select c.id as customer_id, s.wrapped_key, s.wrap_key, c.tier
from customer c left join vault_subject s on s.tenant_id = c.tenant_id and s.id = c.id
where c.tenant_id = :tenant_id and c.id = :id;

-- name: add_link!
-- A link to the portal.
insert into customer_link (tenant_id, id, customer_id, ticket_id, use, secret_sha256, language, basics, created_by,
  created_at, expires_at)
values (:tenant_id, :id, :customer_id, :ticket_id, :use, :secret_sha256, :language, :basics::text::json, :created_by,
  :at, :expires_at);

-- name: use_link
-- Use a link up: of all who try at once, one gets the row.
update customer_link set used_at = :at
where tenant_id = :tenant_id and id = :id and secret_sha256 = :secret_sha256 and used_at is null and expires_at > :at
returning id, customer_id, ticket_id, language, basics;

-- name: use_up_links
-- Use up a customer's links that nobody has come by.
update customer_link set used_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and used_at is null and expires_at > :at returning id;

-- name: drop_old_links!
-- Links that ended long ago.
delete from customer_link where tenant_id = :tenant_id and expires_at < :before;

-- name: add_session!
-- A customer's session.
insert into customer_session (tenant_id, id, customer_id, link_id, ticket_id, secret_sha256, csrf, language, basics,
  address, user_agent, created_at, last_used_at, expires_at)
values (:tenant_id, :id, :customer_id, :link_id, :ticket_id, :secret_sha256, :csrf, :language, :basics::text::json,
  :address, :user_agent, :at, :at, :expires_at);

-- name: session
-- A session.
select id, customer_id, ticket_id, secret_sha256, csrf, language, basics, last_used_at, expires_at, ended_at
from customer_session where tenant_id = :tenant_id and id = :id;

-- name: sessions_of
-- Several sessions, for what stays open by them.
select id, customer_id, ticket_id, secret_sha256, csrf, language, basics, last_used_at, expires_at, ended_at
from customer_session where tenant_id = :tenant_id and id = any(:ids);

-- name: session_used!
-- Seen again.
update customer_session set last_used_at = :at where tenant_id = :tenant_id and id = :id and last_used_at < :at;

-- name: end_session
-- A session that is over.
update customer_session set ended_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and id = :id and ended_at is null returning id;

-- name: end_sessions
-- All sessions of a customer are over.
update customer_session set ended_at = :at
where tenant_id = :tenant_id and customer_id = :customer_id and ended_at is null returning id;

-- name: drop_old_sessions!
-- Sessions that ended long ago.
delete from customer_session where tenant_id = :tenant_id and expires_at < :before;
