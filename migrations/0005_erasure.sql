-- Erasure: no words of a person stand in clear in any row, and no key that opens them stands in the database.
-- A person's words are sealed under a key of their own in the file of subjects' keys (privacy/subject_keys.py); when that
-- key is shredded they are gone here, in every dump and in every older backup at once, and every chain still holds,
-- because events commit to what is sealed as it is stored.
-- Words in clear cannot be sealed by SQL, and a release before this one cannot read sealed ones: no desk is in production,
-- so this migration takes the clear columns away at once and refuses a database that holds tickets or vault keys.
do $$
begin
  if exists (select from ticket) or exists (select from vault_subject) or exists (select from customer_link) then
    raise exception 'this database holds words in clear from before 0005: import its tickets into a new desk'
      using errcode = 'feature_not_supported';
  end if;
end $$;

-- -------------------------------------------------------------------------------------------------------- the vault
alter table vault_subject drop column wrapped_key, drop column wrap_key, add column erasure_id uuid;
comment on table vault_subject is 'Whose data a key opens: a customer, or a ticket whose customer was not known when it was opened. The key is in the file of subjects'' keys.';
comment on column vault_subject.shredded_at is 'When it was decided to destroy the key; a sweep destroys it again wherever it came back.';
comment on column vault_subject.erasure_id is 'The erasure that took it away.';
create index vault_subject_shredded on vault_subject (tenant_id, id) where shredded_at is not null;
create index vault_subject_erasure on vault_subject (tenant_id, erasure_id) where erasure_id is not null;

alter table vault_value drop column mask;
comment on table vault_value is 'One protected value: shown masked, searched by its blind index, opened for a reason; deleted with its person.';

-- ---------------------------------------------------------------------------------------------------- sealed words
-- Sealed: 12 bytes nonce, ciphertext, 16 bytes tag (AES-256-GCM) of canonical JSON; bound to tenant, subject, table and id.
alter table ticket drop column title, drop column elements, drop column fields, drop column resolution,
  add column subject_id uuid not null, add column sealed bytea not null;
create index ticket_subject on ticket (tenant_id, subject_id);
comment on column ticket.subject_id is 'Whose key seals the ticket''s words: its customer as known at opening, else the ticket itself. It stays.';
comment on column ticket.sealed is 'Sealed: title, elements, fields (protected ones as {mask, value_id}), resolution.';

alter table message drop column body, drop column spans, drop column nonce, add column sealed bytea not null;
comment on column message.sealed is 'Sealed: masked text, and where its masks stand ([start, end, kind, value_id]).';

alter table attachment drop column name, drop column nonce, add column sealed bytea not null;
comment on column attachment.sealed is 'Sealed: safe, masked name.';
comment on column attachment.sha256 is 'SHA-256 of nonce and clear bytes, as committed to in its event; the nonce derives from its subject''s key.';

alter table draft drop column body, drop column spans, add column sealed bytea not null;
comment on column draft.sealed is 'Sealed: masked text, and where its masks stand.';

alter table customer_link drop column basics, add column sealed bytea not null;
comment on column customer_link.sealed is 'Sealed: what the app knows of device and account, masked; protected values as {mask, value_id}.';

alter table customer_session drop column basics, drop column address, drop column user_agent,
  add column sealed bytea not null;
comment on column customer_session.sealed is 'Sealed: the link''s basics, client address and browser when it began.';

-- ------------------------------------------------------------------------------------------------- answers, for a day
-- An answer is sealed under the sender's own Idempotency-Key together with the ring's; of the key only a keyed hash is kept.
drop table idempotency;
create table idempotency (
  tenant_id uuid not null,
  actor_id uuid not null,
  route text not null,
  key_index bytea not null,
  body_index bytea not null,
  status integer not null,
  sealed bytea not null,
  seal_key text not null,
  created_at timestamptz not null,
  primary key (tenant_id, actor_id, route, key_index)
);
create index idempotency_age on idempotency (tenant_id, created_at);
comment on table idempotency is 'Answers already given, for 24 hours: a request sent twice is done once.';
comment on column idempotency.tenant_id is 'Tenant.';
comment on column idempotency.actor_id is 'Who sent it.';
comment on column idempotency.route is 'Method and path.';
comment on column idempotency.key_index is 'Keyed hash of the sender''s Idempotency-Key; the key itself is nowhere.';
comment on column idempotency.body_index is 'HMAC of the body, keyed by the sender''s key: another body under the same key is refused.';
comment on column idempotency.status is 'Status answered.';
comment on column idempotency.sealed is 'Sealed: body answered, masked as it was.';
comment on column idempotency.seal_key is 'Algorithm and id of the ring''s key.';
comment on column idempotency.created_at is 'When.';

-- --------------------------------------------------------------------------------------------------------- erasures
create table erasure (
  tenant_id uuid not null,
  id uuid not null,
  subject_id uuid not null,
  ground text not null check (ground in
    ('purpose_over', 'retention_over', 'consent_withdrawn', 'unlawful', 'required_by_law')),
  state text not null check (state in ('asked', 'approved', 'done', 'refused')),
  asked_by uuid not null,
  asked_at timestamptz not null,
  decided_by uuid,
  decided_at timestamptz,
  event text,
  done_at timestamptz,
  primary key (tenant_id, id),
  check (decided_by is null or decided_by <> asked_by)
);
create unique index erasure_asked on erasure (tenant_id, subject_id) where state = 'asked';
create index erasure_approved on erasure (tenant_id, id) where state = 'approved';
comment on table erasure is 'A person to be erased: asked by one colleague, decided by another. No words: they would outlive the person.';
comment on column erasure.tenant_id is 'Tenant.';
comment on column erasure.id is 'Key.';
comment on column erasure.subject_id is 'The customer, or the ticket whose customer is not known.';
comment on column erasure.ground is 'Ground by PIPL article 47.';
comment on column erasure.state is 'asked; approved: the rows are gone; done: the keys and the files'' bytes are too; refused.';
comment on column erasure.asked_by is 'Who asked.';
comment on column erasure.asked_at is 'When.';
comment on column erasure.decided_by is 'Who decided: never who asked.';
comment on column erasure.decided_at is 'When.';
comment on column erasure.event is 'Event of the approval, kind:stream/seq; the keys'' tombstones name it.';
comment on column erasure.done_at is 'When keys and files'' bytes were destroyed.';

do $$
declare
  name text;
begin
  foreach name in array array['idempotency', 'erasure'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
grant select, insert, delete on idempotency to bihuan_app;
grant select, insert, update on erasure to bihuan_app;
-- What identifies a person goes with them; nothing else of a customer is ever deleted.
grant delete on vault_value, customer_contact, customer_preference to bihuan_app;
