-- The ground: tenants, people, customers, the vault, case types, tickets, evidence.
-- Every table that grows has tenant_id first in its keys; every policy lets the application see one tenant alone.
-- Rows that every create would point to (tenant, team, case type) are not foreign keys of what grows: each check locks
-- that one row for share, and sixteen writers at once spend their time on it. Nobody is granted to delete them.

-- ---------------------------------------------------------------------------------------------------------- tenants
create table tenant (
  id uuid primary key,
  code text not null unique check (code ~ '^[a-z][a-z0-9_-]{1,39}$'),
  name text not null,
  people_version bigint not null default 1,
  created_at timestamptz not null
);
comment on table tenant is 'An institution, or a line of one, whose data nobody else sees.';
comment on column tenant.id is 'Key.';
comment on column tenant.code is 'Short name, typed at sign-in.';
comment on column tenant.name is 'Name shown to people.';
comment on column tenant.people_version is 'Raised by every change of staff, roles or teams; processes drop what they remembered.';
comment on column tenant.created_at is 'When it was made.';

-- ----------------------------------------------------------------------------------------------------------- people
create table staff (
  tenant_id uuid not null references tenant (id),
  id uuid not null,
  login text not null,
  name text not null,
  password_hash text,
  language text not null default 'zh' check (language in ('zh', 'en')),
  status text not null default 'active' check (status in ('active', 'left')),
  created_at timestamptz not null,
  left_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, login)
);
comment on table staff is 'People who work at the desk.';
comment on column staff.tenant_id is 'Tenant.';
comment on column staff.id is 'Key.';
comment on column staff.login is 'What they sign in with.';
comment on column staff.name is 'Name shown to colleagues.';
comment on column staff.password_hash is 'argon2id; null: cannot sign in by password.';
comment on column staff.language is 'Language of texts and errors.';
comment on column staff.status is 'active, or left: signs in no more, holds no ticket.';
comment on column staff.created_at is 'When added.';
comment on column staff.left_at is 'When they left.';

create table team (
  tenant_id uuid not null references tenant (id),
  id uuid not null,
  code text not null,
  name_zh text not null,
  name_en text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  unique (tenant_id, code)
);
comment on table team is 'A department or group which owns tickets: a queue.';
comment on column team.tenant_id is 'Tenant.';
comment on column team.id is 'Key.';
comment on column team.code is 'Department code that packs name as owner.';
comment on column team.name_zh is 'Chinese name.';
comment on column team.name_en is 'English name.';
comment on column team.created_at is 'When added.';

create table team_member (
  tenant_id uuid not null,
  team_id uuid not null,
  staff_id uuid not null,
  primary key (tenant_id, team_id, staff_id),
  foreign key (tenant_id, team_id) references team (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index team_member_staff on team_member (tenant_id, staff_id);
comment on table team_member is 'Who works in which team.';
comment on column team_member.tenant_id is 'Tenant.';
comment on column team_member.team_id is 'Team.';
comment on column team_member.staff_id is 'Member.';

create table staff_skill (
  tenant_id uuid not null,
  staff_id uuid not null,
  skill text not null,
  primary key (tenant_id, staff_id, skill),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
comment on table staff_skill is 'Skill tags of a person.';
comment on column staff_skill.tenant_id is 'Tenant.';
comment on column staff_skill.staff_id is 'Person.';
comment on column staff_skill.skill is 'Skill tag as packs name it.';

create table role (
  tenant_id uuid not null references tenant (id),
  code text not null,
  name_zh text not null,
  name_en text not null,
  permissions text[] not null,
  primary key (tenant_id, code)
);
comment on table role is 'A named set of permissions.';
comment on column role.tenant_id is 'Tenant.';
comment on column role.code is 'Code.';
comment on column role.name_zh is 'Chinese name.';
comment on column role.name_en is 'English name.';
comment on column role.permissions is 'Codes of the permission catalogue.';

create table staff_role (
  tenant_id uuid not null,
  staff_id uuid not null,
  role_code text not null,
  primary key (tenant_id, staff_id, role_code),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id),
  foreign key (tenant_id, role_code) references role (tenant_id, code)
);
comment on table staff_role is 'Roles a person holds.';
comment on column staff_role.tenant_id is 'Tenant.';
comment on column staff_role.staff_id is 'Person.';
comment on column staff_role.role_code is 'Role.';

create table session (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  secret_sha256 bytea not null,
  csrf text not null,
  address text not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index session_staff on session (tenant_id, staff_id) where ended_at is null;
comment on table session is 'A signed-in browser.';
comment on column session.tenant_id is 'Tenant.';
comment on column session.id is 'Key; the cookie carries it in clear beside its secret.';
comment on column session.staff_id is 'Who.';
comment on column session.secret_sha256 is 'SHA-256 of the cookie''s secret; the secret itself is nowhere.';
comment on column session.csrf is 'Token which every unsafe request must repeat in X-CSRF-Token.';
comment on column session.address is 'Client address at sign-in.';
comment on column session.user_agent is 'Browser at sign-in, first 200 characters.';
comment on column session.created_at is 'Sign-in.';
comment on column session.last_used_at is 'Last request, to the minute.';
comment on column session.expires_at is 'End at the latest.';
comment on column session.ended_at is 'Signed out or ended by someone.';

create table api_token (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  name text not null,
  secret_sha256 bytea not null,
  scope text[],
  created_at timestamptz not null,
  expires_at timestamptz not null,
  last_used_at timestamptz,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index api_token_staff on api_token (tenant_id, staff_id);
comment on table api_token is 'A key for machines, acting as its owner.';
comment on column api_token.tenant_id is 'Tenant.';
comment on column api_token.id is 'Key; the token carries it in clear beside its secret.';
comment on column api_token.staff_id is 'Owner; the token may never do more than they.';
comment on column api_token.name is 'What it is for.';
comment on column api_token.secret_sha256 is 'SHA-256 of the secret; the secret is shown once.';
comment on column api_token.scope is 'Permissions it is narrowed to; null: all of its owner''s.';
comment on column api_token.created_at is 'When made.';
comment on column api_token.expires_at is 'When it ends by itself.';
comment on column api_token.last_used_at is 'Last use, to the minute.';
comment on column api_token.ended_at is 'When revoked.';

create table rate_limit (
  tenant_id uuid not null,
  bucket text not null,
  window_at timestamptz not null,
  tries integer not null,
  primary key (tenant_id, bucket, window_at)
);
comment on table rate_limit is 'Counters of throttled acts; rows of past windows are swept.';
comment on column rate_limit.tenant_id is 'Tenant; all zero before one is known.';
comment on column rate_limit.bucket is 'What is counted: act and SHA-256 of whom.';
comment on column rate_limit.window_at is 'Start of the counting window.';
comment on column rate_limit.tries is 'Tries in the window.';

-- -------------------------------------------------------------------------------------------------------- the vault
create table vault_subject (
  tenant_id uuid not null,
  id uuid not null,
  wrapped_key bytea,
  wrap_key text not null,
  created_at timestamptz not null,
  shredded_at timestamptz,
  primary key (tenant_id, id)
);
comment on table vault_subject is 'Whose data a key opens: a customer, or a ticket whose customer is not known.';
comment on column vault_subject.tenant_id is 'Tenant.';
comment on column vault_subject.id is 'Id of the customer or ticket.';
comment on column vault_subject.wrapped_key is 'The subject''s own key, AES-256-GCM wrapped; null once shredded.';
comment on column vault_subject.wrap_key is 'Algorithm and id of the ring''s key that wraps it.';
comment on column vault_subject.created_at is 'When made.';
comment on column vault_subject.shredded_at is 'When the key was destroyed: its values are gone for good.';

create table vault_value (
  tenant_id uuid not null,
  id uuid not null,
  subject_id uuid not null,
  kind text not null,
  mask text not null,
  ciphertext bytea not null,
  cipher text not null,
  blind_index bytea not null,
  index_key text not null,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, subject_id) references vault_subject (tenant_id, id)
);
create index vault_value_blind on vault_value (tenant_id, blind_index);
create index vault_value_subject on vault_value (tenant_id, subject_id);
comment on table vault_value is 'One protected value: shown masked, searched by its blind index, opened for a reason.';
comment on column vault_value.tenant_id is 'Tenant.';
comment on column vault_value.id is 'Key; texts and contacts point to it.';
comment on column vault_value.subject_id is 'Whose key encrypts it.';
comment on column vault_value.kind is 'card_number, id_number, mobile, email, person_name, address, account …';
comment on column vault_value.mask is 'What everybody sees.';
comment on column vault_value.ciphertext is '12 bytes nonce, ciphertext, 16 bytes tag; bound to tenant, subject, id and kind.';
comment on column vault_value.cipher is 'Algorithm of the ciphertext.';
comment on column vault_value.blind_index is 'Keyed HMAC of kind and normalised value.';
comment on column vault_value.index_key is 'Algorithm and id of the index''s key.';
comment on column vault_value.created_at is 'When it came in.';

-- -------------------------------------------------------------------------------------------------------- customers
create table customer (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('person', 'organisation')),
  uscc text,
  language text not null default 'zh' check (language in ('zh', 'en')),
  version bigint not null default 1,
  created_at timestamptz not null,
  changed_at timestamptz not null,
  primary key (tenant_id, id),
  check (uscc is null or kind = 'organisation')
);
create unique index customer_uscc on customer (tenant_id, uscc) where uscc is not null;
comment on table customer is 'A person or organisation who asks. What identifies them is in customer_contact.';
comment on column customer.tenant_id is 'Tenant.';
comment on column customer.id is 'Key, and the subject of their values.';
comment on column customer.kind is 'person or organisation.';
comment on column customer.uscc is 'Unified social credit code of an organisation: public, not personal.';
comment on column customer.language is 'Language we write to them in.';
comment on column customer.version is 'Raised by each change.';
comment on column customer.created_at is 'When first seen.';
comment on column customer.changed_at is 'Last change.';

create table customer_contact (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  contact_no smallint not null,
  kind text not null check (kind in ('name', 'mobile', 'email', 'address', 'id_number', 'card_number', 'account', 'external_ref')),
  value_id uuid not null,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  foreign key (tenant_id, value_id) references vault_value (tenant_id, id)
);
create index customer_contact_customer on customer_contact (tenant_id, customer_id);
create index customer_contact_value on customer_contact (tenant_id, value_id);
comment on table customer_contact is 'How a customer is known and reached; each value is in the vault.';
comment on column customer_contact.tenant_id is 'Tenant.';
comment on column customer_contact.id is 'Key.';
comment on column customer_contact.customer_id is 'Customer.';
comment on column customer_contact.contact_no is '0: the customer; 1 and up: contact persons of an organisation.';
comment on column customer_contact.kind is 'What the value is.';
comment on column customer_contact.value_id is 'The value in the vault.';
comment on column customer_contact.created_at is 'Since when.';
comment on column customer_contact.ended_at is 'No longer used since.';

-- ------------------------------------------------------------------------------------------------------- case types
create table case_type (
  tenant_id uuid not null references tenant (id),
  code text not null,
  version integer not null,
  layer text not null check (layer in ('shipped', 'own')),
  digest text not null,
  body text not null,
  current boolean not null,
  loaded_at timestamptz not null,
  primary key (tenant_id, code, version)
);
create unique index case_type_current on case_type (tenant_id, code, layer) where current;
comment on table case_type is 'Loaded packs. A version is never changed; a ticket keeps the one it was opened by.';
comment on column case_type.tenant_id is 'Tenant.';
comment on column case_type.code is 'Code of the case type.';
comment on column case_type.version is 'Number within the code, from 1.';
comment on column case_type.layer is 'shipped with the product, or the institution''s own, which wins and which no upgrade touches.';
comment on column case_type.digest is 'SHA-256 of the canonical pack.';
comment on column case_type.body is 'The pack as canonical JSON.';
comment on column case_type.current is 'The version new tickets get, per layer.';
comment on column case_type.loaded_at is 'When loaded.';

-- --------------------------------------------------------------------------------------------------------- evidence
create table stream (
  tenant_id uuid not null,
  id uuid not null,
  kind text not null check (kind in ('ticket', 'staff', 'config')),
  head_seq bigint not null check (head_seq > 0),
  head_hash bytea not null,
  head_mac bytea not null,
  mac_key text not null,
  sealed_seq bigint not null default 0,
  primary key (tenant_id, id)
);
create index stream_unsealed on stream (tenant_id, id) where sealed_seq < head_seq;
comment on table stream is 'The head of each chain of events, keyed: a tail cannot be cut off and the head set back.';
comment on column stream.tenant_id is 'Tenant.';
comment on column stream.id is 'Ticket, person, or the tenant itself for config.';
comment on column stream.kind is 'ticket, staff or config.';
comment on column stream.head_seq is 'Number of the last event.';
comment on column stream.head_hash is 'Its hash.';
comment on column stream.head_mac is 'HMAC over kind, stream, number and hash of the head.';
comment on column stream.mac_key is 'Algorithm and id of the MAC''s key.';
comment on column stream.sealed_seq is 'The head that was last sealed.';

create table event (
  tenant_id uuid not null,
  stream_id uuid not null,
  seq bigint not null check (seq > 0),
  body text not null,
  hash bytea not null,
  mac bytea not null,
  mac_key text not null,
  primary key (tenant_id, stream_id, seq)
);
comment on table event is 'What happened, for ever. The body is the canonical text that is hashed; nothing else is a copy of it.';
comment on column event.tenant_id is 'Tenant.';
comment on column event.stream_id is 'Stream.';
comment on column event.seq is 'Place in the stream, from 1, without gaps.';
comment on column event.body is 'Canonical JSON: at, actor, kind, data, state. Personal payloads only as commitments.';
comment on column event.hash is 'SHA-256 of the hash before and the body.';
comment on column event.mac is 'HMAC of the hash.';
comment on column event.mac_key is 'Algorithm and id of the MAC''s key.';

create table seal (
  tenant_id uuid not null,
  no bigint not null,
  body text not null,
  hash bytea not null,
  signature bytea not null,
  sign_key text not null,
  primary key (tenant_id, no)
);
comment on table seal is 'A signed Merkle root over all streams changed since the seal before; also appended to roots.log outside.';
comment on column seal.tenant_id is 'Tenant.';
comment on column seal.no is 'Number, from 1, without gaps.';
comment on column seal.body is 'Canonical JSON: no, at, before (hash of the seal before), root, streams (how many).';
comment on column seal.hash is 'SHA-256 of the body.';
comment on column seal.signature is 'Ed25519 over the body.';
comment on column seal.sign_key is 'Algorithm and id of the signing key.';

create table seal_leaf (
  tenant_id uuid not null,
  stream_id uuid not null,
  seq bigint not null,
  seal_no bigint not null,
  hash bytea not null,
  primary key (tenant_id, stream_id, seq, seal_no),
  foreign key (tenant_id, seal_no) references seal (tenant_id, no)
);
create index seal_leaf_seal on seal_leaf (tenant_id, seal_no, stream_id);
comment on table seal_leaf is 'The heads under each seal''s root.';
comment on column seal_leaf.tenant_id is 'Tenant.';
comment on column seal_leaf.stream_id is 'Stream.';
comment on column seal_leaf.seq is 'Head number when sealed.';
comment on column seal_leaf.seal_no is 'Seal.';
comment on column seal_leaf.hash is 'Head hash when sealed.';

create table outbox (
  tenant_id uuid not null,
  stream_id uuid not null,
  seq bigint not null,
  kind text not null,
  attempts integer not null default 0,
  due_at timestamptz not null,
  primary key (tenant_id, stream_id, seq)
);
create index outbox_due on outbox (tenant_id, due_at);
comment on table outbox is 'Events not yet delivered to what reacts to them. The row is the queue.';
comment on column outbox.tenant_id is 'Tenant.';
comment on column outbox.stream_id is 'Stream of the event.';
comment on column outbox.seq is 'Event.';
comment on column outbox.kind is 'Its kind.';
comment on column outbox.attempts is 'Deliveries that failed.';
comment on column outbox.due_at is 'Not before.';

-- ---------------------------------------------------------------------------------------------------------- tickets
create sequence ticket_sequence as bigint minvalue 0 start 0;

create table ticket (
  tenant_id uuid not null,
  id uuid not null,
  number text not null,
  customer_id uuid,
  case_type text not null,
  case_type_version integer not null,
  state text not null check (state in ('intake', 'assigned', 'following', 'processing', 'waiting', 'resolved', 'called_back', 'archived', 'reopened', 'withdrawn', 'rejected', 'merged')),
  priority text not null check (priority in ('urgent', 'normal', 'low')),
  title text not null,
  team_id uuid,
  assignee_id uuid,
  channel text not null,
  external_id text,
  elements json not null,
  fields json not null,
  tags text[] not null default '{}',
  checklist text[] not null default '{}',
  evidence text[] not null default '{}',
  waiting_for text check (waiting_for in ('customer', 'third_party')),
  waiting_until timestamptz,
  resumes_to text check (resumes_to in ('assigned', 'following', 'processing', 'reopened')),
  outcome text,
  resolution text,
  callback_result text check (callback_result in ('satisfied', 'basically_satisfied', 'dissatisfied', 'unreachable')),
  merged_into uuid,
  object_index bytea,
  opened_at timestamptz not null,
  changed_at timestamptz not null,
  resolved_at timestamptz,
  closed_at timestamptz,
  transfers integer not null default 0,
  reopenings integer not null default 0,
  head_seq bigint not null,
  public_seq bigint not null,
  primary key (tenant_id, id),
  unique (tenant_id, number),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  foreign key (tenant_id, assignee_id) references staff (tenant_id, id),
  -- A commit that leaves the head without its event is refused.
  foreign key (tenant_id, id, head_seq) references event (tenant_id, stream_id, seq) deferrable initially deferred
);
create unique index ticket_door on ticket (tenant_id, channel, external_id) where external_id is not null;
create index ticket_object on ticket (tenant_id, customer_id, object_index) where object_index is not null;
create index ticket_customer on ticket (tenant_id, customer_id, id);
create index ticket_state on ticket (tenant_id, state, id);
create index ticket_team on ticket (tenant_id, team_id, state, id);
create index ticket_assignee on ticket (tenant_id, assignee_id, state, id) where assignee_id is not null;
comment on table ticket is 'A customer''s trouble, followed until it is solved, called back and archived.';
comment on column ticket.tenant_id is 'Tenant.';
comment on column ticket.id is 'Key, and the id of its stream.';
comment on column ticket.number is 'What people say: nine digits and a check digit.';
comment on column ticket.customer_id is 'Who asks; null while unknown.';
comment on column ticket.case_type is 'Case type.';
comment on column ticket.case_type_version is 'Version of the pack it is worked by.';
comment on column ticket.state is 'State of the lifecycle.';
comment on column ticket.priority is 'urgent, normal or low.';
comment on column ticket.title is 'One line, masked.';
comment on column ticket.team_id is 'Team whose queue it is in.';
comment on column ticket.assignee_id is 'Who holds it.';
comment on column ticket.channel is 'Door it came by.';
comment on column ticket.external_id is 'Id of the delivery at that door; a second delivery finds the same ticket.';
comment on column ticket.elements is 'The five elements: occurred_at, symptom, scope, steps, tried; canonical JSON, masked.';
comment on column ticket.fields is 'Fields of the case type; canonical JSON; protected ones as {mask, value_id}.';
comment on column ticket.tags is 'Tags, sorted.';
comment on column ticket.checklist is 'Steps of the pack''s checklist that are done, sorted.';
comment on column ticket.evidence is 'Items of the pack''s evidence list that are at hand, sorted.';
comment on column ticket.waiting_for is 'Whom a waiting ticket waits for.';
comment on column ticket.waiting_until is 'When to look again.';
comment on column ticket.resumes_to is 'State a waiting ticket goes back to.';
comment on column ticket.outcome is 'How it ended: code of the pack''s outcomes.';
comment on column ticket.resolution is 'What was done, in words for the customer, masked.';
comment on column ticket.callback_result is 'What the call-back found.';
comment on column ticket.merged_into is 'The ticket that goes on in its place.';
comment on column ticket.object_index is 'Keyed index of the business object, to find duplicates.';
comment on column ticket.opened_at is 'When it was opened.';
comment on column ticket.changed_at is 'Last change.';
comment on column ticket.resolved_at is 'When last resolved.';
comment on column ticket.closed_at is 'When archived, withdrawn, rejected or merged.';
comment on column ticket.transfers is 'How often it changed teams.';
comment on column ticket.reopenings is 'How often it was reopened.';
comment on column ticket.head_seq is 'Number of its last event: the version of the ticket.';
comment on column ticket.public_seq is 'Event of the last message the customer wrote or saw.';

create table message (
  tenant_id uuid not null,
  ticket_id uuid not null,
  seq bigint not null,
  id uuid not null,
  kind text not null check (kind in ('customer', 'reply', 'note', 'record')),
  channel text not null,
  body text,
  spans json,
  nonce bytea,
  original_id uuid,
  primary key (tenant_id, ticket_id, seq),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, ticket_id, seq) references event (tenant_id, stream_id, seq) deferrable initially deferred
);
comment on table message is 'What was said on a ticket. Who and when stand in its event; the text is committed to there.';
comment on column message.tenant_id is 'Tenant.';
comment on column message.ticket_id is 'Ticket.';
comment on column message.seq is 'Its event.';
comment on column message.id is 'Key seen outside.';
comment on column message.kind is 'customer: they wrote; reply: they read it; note: colleagues only; record: words of another event (a reason, what a text was before).';
comment on column message.channel is 'Door it came by or goes out by.';
comment on column message.body is 'Masked text; null once erased.';
comment on column message.spans is 'Where the masks stand: [start, end, kind, value_id].';
comment on column message.nonce is 'Random, committed with the text; shredded with it.';
comment on column message.original_id is 'The raw original (a mail) as a protected attachment.';

create table attachment (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  seq bigint not null,
  name text not null,
  content_type text not null,
  size_bytes bigint not null,
  sha256 bytea not null,
  nonce bytea not null,
  subject_id uuid not null,
  cipher text not null,
  hidden boolean not null default false,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, subject_id) references vault_subject (tenant_id, id),
  foreign key (tenant_id, ticket_id, seq) references event (tenant_id, stream_id, seq) deferrable initially deferred
);
create index attachment_ticket on attachment (tenant_id, ticket_id, seq);
comment on table attachment is 'A file of a ticket. Its bytes lie encrypted under its id in the attachments folder.';
comment on column attachment.tenant_id is 'Tenant.';
comment on column attachment.id is 'Key and file name on disk.';
comment on column attachment.ticket_id is 'Ticket.';
comment on column attachment.seq is 'Its event.';
comment on column attachment.name is 'Safe, masked name.';
comment on column attachment.content_type is 'By content, not by what the sender said.';
comment on column attachment.size_bytes is 'Size in clear.';
comment on column attachment.sha256 is 'SHA-256 of nonce and clear bytes, as committed to in its event.';
comment on column attachment.nonce is 'Random, so that equal files do not show as equal.';
comment on column attachment.subject_id is 'Whose key encrypts it.';
comment on column attachment.cipher is 'Algorithm of the file.';
comment on column attachment.hidden is 'A raw original: kept, shown to nobody without a reason.';

create table link (
  tenant_id uuid not null,
  ticket_id uuid not null,
  other_id uuid not null,
  kind text not null check (kind in ('related', 'duplicate', 'parent', 'child', 'merged_from', 'merged_into')),
  seq bigint not null,
  primary key (tenant_id, ticket_id, other_id, kind),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, other_id) references ticket (tenant_id, id)
);
comment on table link is 'One ticket''s bond to another; kept from both sides.';
comment on column link.tenant_id is 'Tenant.';
comment on column link.ticket_id is 'Ticket.';
comment on column link.other_id is 'The other ticket.';
comment on column link.kind is 'What the other is to this one.';
comment on column link.seq is 'Event that made it.';

create table draft (
  tenant_id uuid not null,
  id uuid not null,
  ticket_id uuid not null,
  staff_id uuid not null,
  verb text not null,
  body text not null,
  spans json not null,
  reason text not null check (reason in ('saved', 'stale')),
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index draft_staff on draft (tenant_id, staff_id, ticket_id);
comment on table draft is 'Text that is not yet said, or could not be because the ticket had changed.';
comment on column draft.tenant_id is 'Tenant.';
comment on column draft.id is 'Key.';
comment on column draft.ticket_id is 'Ticket.';
comment on column draft.staff_id is 'Whose; nobody else sees it.';
comment on column draft.verb is 'What it was for.';
comment on column draft.body is 'Masked text.';
comment on column draft.spans is 'Where the masks stand.';
comment on column draft.reason is 'saved by its writer, or kept from a stale write.';
comment on column draft.created_at is 'When.';

create table sla_clock (
  tenant_id uuid not null,
  ticket_id uuid not null,
  kind text not null check (kind in ('first_response', 'resolution')),
  target_seconds integer not null check (target_seconds > 0),
  started_at timestamptz not null,
  due_at timestamptz not null,
  paused_at timestamptz,
  paused_seconds integer not null default 0,
  stopped_at timestamptz,
  stopped_by text,
  primary key (tenant_id, ticket_id, kind),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index sla_clock_due on sla_clock (tenant_id, due_at) where stopped_at is null and paused_at is null;
comment on table sla_clock is 'The clocks of a ticket. A clock is breached when its due moment passes; nothing needs to say so.';
comment on column sla_clock.tenant_id is 'Tenant.';
comment on column sla_clock.ticket_id is 'Ticket.';
comment on column sla_clock.kind is 'first_response or resolution.';
comment on column sla_clock.target_seconds is 'Time allowed, seconds.';
comment on column sla_clock.started_at is 'Start.';
comment on column sla_clock.due_at is 'Due; moved on by the length of each pause.';
comment on column sla_clock.paused_at is 'Paused since.';
comment on column sla_clock.paused_seconds is 'Sum of ended pauses.';
comment on column sla_clock.stopped_at is 'Met or given up at.';
comment on column sla_clock.stopped_by is 'Kind of the event that stopped it.';

create table saved_view (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  name text not null,
  filter json not null,
  sort text not null,
  shared boolean not null default false,
  created_at timestamptz not null,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id),
  unique (tenant_id, staff_id, name)
);
comment on table saved_view is 'A filter somebody named.';
comment on column saved_view.tenant_id is 'Tenant.';
comment on column saved_view.id is 'Key.';
comment on column saved_view.staff_id is 'Whose.';
comment on column saved_view.name is 'Name.';
comment on column saved_view.filter is 'Filter tree.';
comment on column saved_view.sort is 'Sort.';
comment on column saved_view.shared is 'Colleagues see it too.';
comment on column saved_view.created_at is 'When.';

create table idempotency (
  tenant_id uuid not null,
  actor_id uuid not null,
  route text not null,
  key text not null,
  body_sha256 bytea not null,
  status integer not null,
  response text not null,
  created_at timestamptz not null,
  primary key (tenant_id, actor_id, route, key)
);
create index idempotency_age on idempotency (tenant_id, created_at);
comment on table idempotency is 'Answers already given, for 24 hours: a request sent twice is done once.';
comment on column idempotency.tenant_id is 'Tenant.';
comment on column idempotency.actor_id is 'Who sent it.';
comment on column idempotency.route is 'Method and path.';
comment on column idempotency.key is 'The sender''s Idempotency-Key.';
comment on column idempotency.body_sha256 is 'SHA-256 of the body: another body under the same key is refused.';
comment on column idempotency.status is 'Status answered.';
comment on column idempotency.response is 'Body answered, masked as it was.';
comment on column idempotency.created_at is 'When.';

-- ------------------------------------------------------------------------------------------- the second lock: triggers
create function ticket_needs_event() returns trigger language plpgsql as $$
begin
  if new.head_seq <= old.head_seq then
    raise exception 'a ticket changes only with an event' using errcode = 'integrity_constraint_violation',
      constraint = 'ticket_needs_event';
  end if;
  return new;
end $$;
create trigger ticket_needs_event before update on ticket for each row execute function ticket_needs_event();

-- ------------------------------------------------------------------------------------- who may do what, row by row
do $$
declare
  name text;
begin
  foreach name in array array[
    'staff', 'team', 'team_member', 'staff_skill', 'role', 'staff_role', 'session', 'api_token', 'rate_limit',
    'vault_subject', 'vault_value', 'customer', 'customer_contact', 'case_type', 'stream', 'event', 'seal',
    'seal_leaf', 'outbox', 'ticket', 'message', 'attachment', 'link', 'draft', 'sla_clock', 'saved_view', 'idempotency'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
alter table tenant enable row level security;
create policy one_tenant on tenant to bihuan_app using (id = (select nullif(current_setting('app.tenant', true), '')::uuid));
create policy every_tenant on tenant for select to bihuan_sweep using (true);
create policy every_tenant on outbox for select to bihuan_sweep using (true);
create policy every_tenant on stream for select to bihuan_sweep using (true);

grant usage on schema public to bihuan_app, bihuan_sweep;
grant usage on sequence ticket_sequence to bihuan_app;
grant select, insert, update on tenant, staff, team, role, session, api_token, vault_subject, customer,
  customer_contact, case_type, stream, outbox, ticket, message, draft, sla_clock, saved_view, rate_limit to bihuan_app;
grant select, insert on vault_value, attachment, link, idempotency, event, seal, seal_leaf, team_member, staff_skill,
  staff_role to bihuan_app;
grant delete on team_member, staff_skill, staff_role, outbox, draft, saved_view, rate_limit, idempotency to bihuan_app;
grant select on tenant to bihuan_sweep;
grant select (tenant_id, due_at) on outbox to bihuan_sweep;
grant select (tenant_id, sealed_seq, head_seq) on stream to bihuan_sweep;
