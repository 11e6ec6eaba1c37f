-- Customers at the portal: links they come by, sessions they have, ratings they give.
-- Expands only: a release before this one goes on running beside it.

create table customer_link (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  ticket_id uuid,
  use text not null check (use in ('message', 'app')),
  secret_sha256 bytea not null,
  language text not null check (language in ('zh', 'en')),
  basics json not null,
  created_by uuid not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index customer_link_expiry on customer_link (tenant_id, expires_at);
comment on table customer_link is 'A link by which a customer comes to the portal, once. Swept a week after it has ended.';
comment on column customer_link.tenant_id is 'Tenant.';
comment on column customer_link.id is 'Key; the link carries it in clear beside its secret.';
comment on column customer_link.customer_id is 'Who comes by it.';
comment on column customer_link.ticket_id is 'The ticket it opens at; null: the list.';
comment on column customer_link.use is 'message: sent to the customer; app: opened at once by the institution''s own app.';
comment on column customer_link.secret_sha256 is 'SHA-256 of the link''s secret; the secret itself is nowhere.';
comment on column customer_link.language is 'Language the portal opens in.';
comment on column customer_link.basics is 'What the app knows of device and account, masked; protected values as {mask, value_id}.';
comment on column customer_link.created_by is 'Colleague or desk that made it.';
comment on column customer_link.created_at is 'When made.';
comment on column customer_link.expires_at is 'End at the latest.';
comment on column customer_link.used_at is 'When it was used; it is used up by that.';

create table customer_session (
  tenant_id uuid not null,
  id uuid not null,
  customer_id uuid not null,
  link_id uuid not null,
  ticket_id uuid,
  secret_sha256 bytea not null,
  csrf text not null,
  language text not null check (language in ('zh', 'en')),
  basics json not null,
  address text not null,
  user_agent text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, customer_id) references customer (tenant_id, id),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id)
);
create index customer_session_customer on customer_session (tenant_id, customer_id) where ended_at is null;
create index customer_session_expiry on customer_session (tenant_id, expires_at);
comment on table customer_session is 'A customer''s browser at the portal. Swept a week after it has ended.';
comment on column customer_session.tenant_id is 'Tenant.';
comment on column customer_session.id is 'Key; the cookie carries it in clear beside its secret.';
comment on column customer_session.customer_id is 'Who.';
comment on column customer_session.link_id is 'The link they came by.';
comment on column customer_session.ticket_id is 'The ticket it opened at; null: the list.';
comment on column customer_session.secret_sha256 is 'SHA-256 of the cookie''s secret; the secret itself is nowhere.';
comment on column customer_session.csrf is 'Token which every unsafe request must repeat in X-CSRF-Token.';
comment on column customer_session.language is 'Language of texts and errors.';
comment on column customer_session.basics is 'The link''s basics.';
comment on column customer_session.address is 'Client address when it began.';
comment on column customer_session.user_agent is 'Browser when it began, first 200 characters.';
comment on column customer_session.created_at is 'Begin.';
comment on column customer_session.last_used_at is 'Last request, to the minute.';
comment on column customer_session.expires_at is 'End at the latest.';
comment on column customer_session.ended_at is 'Left, or ended by the desk.';

-- Apart from the ticket, so that the digest of its row stays what it is (ADR 0004); the event vouches for each row.
create table rating (
  tenant_id uuid not null,
  ticket_id uuid not null,
  solving integer not null check (solving >= 0),
  seq bigint not null,
  score smallint not null check (score between 1 and 5),
  rated_at timestamptz not null,
  nonce bytea not null,
  primary key (tenant_id, ticket_id, solving),
  foreign key (tenant_id, ticket_id) references ticket (tenant_id, id),
  foreign key (tenant_id, ticket_id, seq) references event (tenant_id, stream_id, seq) deferrable initially deferred
);
comment on table rating is 'What a customer thinks of how their ticket was solved: once per solving.';
comment on column rating.tenant_id is 'Tenant.';
comment on column rating.ticket_id is 'Ticket.';
comment on column rating.solving is 'Which solving: how often the ticket had been reopened before.';
comment on column rating.seq is 'Its event; a comment is that event''s message.';
comment on column rating.score is '1 (very dissatisfied) to 5 (very satisfied).';
comment on column rating.rated_at is 'When.';
comment on column rating.nonce is 'Random; stands in the event too, beside the digest of this row.';

-- A customer's sign-ins and looks have a stream of their own. Every row there is passed the narrower check already.
alter table stream drop constraint stream_kind_check;
alter table stream add constraint stream_kind_check check (kind in ('ticket', 'staff', 'config', 'customer')) not valid;
comment on column stream.id is 'Ticket, colleague, customer, or the tenant itself for config.';
comment on column stream.kind is 'ticket, staff, customer or config.';

do $$
declare
  name text;
begin
  foreach name in array array['customer_link', 'customer_session', 'rating'] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;
grant select, insert, update, delete on customer_link, customer_session to bihuan_app;
grant select, insert on rating to bihuan_app;
