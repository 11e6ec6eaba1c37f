-- Files and doors: what became of each attachment, hits that were no personal data, the webhook's sources.
-- Expands only: a release before this one goes on running beside it.

create table file_check (
  tenant_id uuid not null,
  attachment_id uuid not null,
  ticket_id uuid not null,
  state text not null check (state in ('checking', 'quarantined', 'ready', 'unreadable', 'infected')),
  reason text,
  signature text,
  findings text not null default '{}',
  left_out integer not null default 0,
  copy_id uuid,
  copy_type text,
  copy_bytes bigint,
  copy_sha256 bytea,
  attempts integer not null default 0,
  due_at timestamptz not null,
  taken_at timestamptz,
  scanned_at timestamptz,
  settled_at timestamptz,
  destroyed_at timestamptz,
  released_by uuid,
  seq bigint,
  primary key (tenant_id, attachment_id),
  foreign key (tenant_id, attachment_id) references attachment (tenant_id, id),
  check ((state = 'ready') = (copy_id is not null))
);
create index file_check_due on file_check (tenant_id, due_at, attachment_id) where state in ('checking', 'quarantined');
create index file_check_ticket on file_check (tenant_id, ticket_id);
create unique index file_check_copy on file_check (tenant_id, copy_id) where copy_id is not null;
comment on table file_check is 'What became of an attachment: nobody has its bytes before it was checked; readers have the redacted copy.';
comment on column file_check.tenant_id is 'Tenant.';
comment on column file_check.attachment_id is 'The file.';
comment on column file_check.ticket_id is 'Its ticket.';
comment on column file_check.state is 'checking; quarantined: the scanner did not answer; ready: the copy is there; unreadable: no copy, the original for a reason only; infected.';
comment on column file_check.reason is 'Code: why it waits, or why there is no copy.';
comment on column file_check.signature is 'What the scanner calls the malware.';
comment on column file_check.findings is 'How often each kind was found: {kind: count}, canonical JSON; never a value.';
comment on column file_check.left_out is 'Pictures that could not be read and are not in the copy.';
comment on column file_check.copy_id is 'The redacted copy''s file: name on disk and what its key is made of.';
comment on column file_check.copy_type is 'Media type of the copy.';
comment on column file_check.copy_bytes is 'Size of the copy in clear.';
comment on column file_check.copy_sha256 is 'SHA-256 of the copy''s clear bytes, as told in the event.';
comment on column file_check.attempts is 'Checks that ended without a verdict.';
comment on column file_check.due_at is 'Not before.';
comment on column file_check.taken_at is 'When a worker last took it: another takes it again only after the time a check may last.';
comment on column file_check.scanned_at is 'When the scanner last said it is clean; null: no scanner is set up.';
comment on column file_check.settled_at is 'When its state became final.';
comment on column file_check.destroyed_at is 'When the original''s bytes were destroyed: malware, or what must never be kept.';
comment on column file_check.released_by is 'Who said that the scanner is wrong about it: it is not scanned again.';
comment on column file_check.seq is 'The ticket''s event that says so.';

create table released_hit (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null,
  blind_index bytea not null,
  index_key text not null,
  mask text not null,
  ticket_id uuid not null,
  value_id uuid not null,
  released_by uuid not null,
  released_at timestamptz not null,
  withdrawn_by uuid,
  withdrawn_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create unique index released_hit_once on released_hit (tenant_id, blind_index) where withdrawn_at is null;
create index released_hit_ticket on released_hit (tenant_id, ticket_id);
comment on table released_hit is 'A number that only looked personal (an order number which passes Luhn): masked no more.';
comment on column released_hit.tenant_id is 'Tenant.';
comment on column released_hit.id is 'Key.';
comment on column released_hit.kind is 'What it was taken for.';
comment on column released_hit.blind_index is 'Keyed HMAC of kind and value, by which it is known again; the value is not here.';
comment on column released_hit.index_key is 'Algorithm and id of the index''s key.';
comment on column released_hit.mask is 'How it was shown.';
comment on column released_hit.ticket_id is 'Ticket on which it was released; the reason stands in that ticket''s record.';
comment on column released_hit.value_id is 'The value in the vault.';
comment on column released_hit.released_by is 'Who released it.';
comment on column released_hit.released_at is 'When.';
comment on column released_hit.withdrawn_by is 'Who took that back.';
comment on column released_hit.withdrawn_at is 'When it was taken back: it is masked again.';

create table inbound_source (
  tenant_id uuid not null,
  code text not null check (code ~ '^[A-Za-z][A-Za-z0-9_-]{0,63}$'),
  name text not null,
  secret bytea not null,
  secret_key text not null,
  case_type text,
  active boolean not null default true,
  changed_by uuid not null,
  changed_at timestamptz not null,
  primary key (tenant_id, code)
);
comment on table inbound_source is 'A system of the institution that sends messages to the webhook, each signed by its own secret.';
comment on column inbound_source.tenant_id is 'Tenant.';
comment on column inbound_source.code is 'Code, sent with each delivery.';
comment on column inbound_source.name is 'What it is.';
comment on column inbound_source.secret is 'Signing secret, encrypted by the key ring.';
comment on column inbound_source.secret_key is 'Algorithm and id of the key.';
comment on column inbound_source.case_type is 'Case type of what names none; null: the general one.';
comment on column inbound_source.active is 'Whether it is listened to.';
comment on column inbound_source.changed_by is 'Who set it.';
comment on column inbound_source.changed_at is 'When.';

create table inbound_seen (
  tenant_id uuid not null,
  source text not null,
  signature bytea not null,
  seen_at timestamptz not null,
  primary key (tenant_id, source, signature)
);
create index inbound_seen_age on inbound_seen (tenant_id, seen_at);
comment on table inbound_seen is 'Signatures taken lately: a delivery recorded by somebody and sent again is refused. Swept once they are out of time.';
comment on column inbound_seen.tenant_id is 'Tenant.';
comment on column inbound_seen.source is 'Source.';
comment on column inbound_seen.signature is 'The signature that was taken.';
comment on column inbound_seen.seen_at is 'When.';

-- What lay there before is checked too, at once.
insert into file_check (tenant_id, attachment_id, ticket_id, state, due_at)
select tenant_id, id, ticket_id, 'checking', 'epoch' from attachment;

do $$
declare
  name text;
begin
  foreach name in array array['file_check', 'released_hit', 'inbound_source', 'inbound_seen'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
create policy every_tenant on file_check for select to bihuan_sweep using (true);

grant select, insert, update on file_check, released_hit, inbound_source to bihuan_app;
grant select, insert on inbound_seen to bihuan_app;
grant delete on inbound_seen, inbound_source to bihuan_app;
grant select (tenant_id, state, due_at) on file_check to bihuan_sweep;
