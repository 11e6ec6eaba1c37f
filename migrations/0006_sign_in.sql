-- Signing in: factors, recovery codes, sign-ins under way, the institution's own sign-in services, what a session was opened by.
-- Expands only: a release before this one goes on running beside it.

alter table tenant add column sign_in text;
comment on column tenant.sign_in is 'How people sign in: who must have a second factor, and more; canonical JSON. Null: the defaults.';

alter table staff add column password_set_at timestamptz;
alter table staff add column must_change text check (must_change in ('given', 'breached'));
alter table staff add column password_until timestamptz;
comment on column staff.password_set_at is 'When the password was set last.';
comment on column staff.must_change is 'Why the password must be changed at the next sign-in: a colleague gave it, or it became known. Null: it need not.';
comment on column staff.password_until is 'A password given for one sign-in opens nothing after this.';

alter table session add column confirmed_at timestamptz;
alter table session add column opened_by text check (opened_by in ('password', 'passkey', 'provider'));
alter table session add column provider text;
alter table session add column provider_session text;
alter table session add column sign_out_url text;
alter table session add column former_sha256 bytea;
alter table session add column former_until timestamptz;
create index session_provider on session (tenant_id, provider, provider_session) where provider is not null and ended_at is null;
comment on column session.confirmed_at is 'When its owner last proved who they are: at sign-in, or when asked again.';
comment on column session.opened_by is 'password, passkey, or provider: a sign-in service. Null: opened before this was kept.';
comment on column session.provider is 'Code of the sign-in service it was opened by.';
comment on column session.provider_session is 'SHA-256 of the service''s own name for the session, by which the service ends it.';
comment on column session.sign_out_url is 'Where the browser goes after signing out, so that the service ends its session too.';
comment on column session.former_sha256 is 'SHA-256 of the secret before the last change, for requests that were on their way.';
comment on column session.former_until is 'Until when the former secret is taken.';

create table authenticator (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  secret bytea not null,
  secret_key text not null,
  last_step bigint not null default 0,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create unique index authenticator_staff on authenticator (tenant_id, staff_id) where confirmed_at is not null;
create index authenticator_begun on authenticator (tenant_id, created_at) where confirmed_at is null;
comment on table authenticator is 'An app that makes one-time codes by the clock (TOTP, RFC 6238). One each.';
comment on column authenticator.tenant_id is 'Tenant.';
comment on column authenticator.id is 'Key.';
comment on column authenticator.staff_id is 'Whose.';
comment on column authenticator.secret is 'The shared secret, AES-256-GCM, bound to tenant and id.';
comment on column authenticator.secret_key is 'Algorithm and id of the ring''s key that seals it.';
comment on column authenticator.last_step is 'Number of the last half minute a code was taken of: no code is taken twice, and none before it.';
comment on column authenticator.created_at is 'When its making began.';
comment on column authenticator.confirmed_at is 'When its first code proved it; before, it counts for nothing and is swept.';

create table passkey (
  tenant_id uuid not null,
  id uuid not null,
  staff_id uuid not null,
  credential_id bytea not null,
  public_key bytea not null,
  sign_count bigint not null,
  name text not null,
  transports text[] not null,
  backed_up boolean not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, id),
  unique (tenant_id, credential_id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index passkey_staff on passkey (tenant_id, staff_id);
comment on table passkey is 'A key in somebody''s device by which they sign in (WebAuthn). Several each.';
comment on column passkey.tenant_id is 'Tenant.';
comment on column passkey.id is 'Key.';
comment on column passkey.staff_id is 'Whose.';
comment on column passkey.credential_id is 'The device''s name for it.';
comment on column passkey.public_key is 'Its public key, COSE.';
comment on column passkey.sign_count is 'How often it signed, as the device counts; 0 where it does not.';
comment on column passkey.name is 'What its owner calls it.';
comment on column passkey.transports is 'How the browser may reach it.';
comment on column passkey.backed_up is 'Kept in more than one device.';
comment on column passkey.created_at is 'When added.';
comment on column passkey.last_used_at is 'Last sign-in or confirmation by it.';

create table recovery_code (
  tenant_id uuid not null,
  staff_id uuid not null,
  number smallint not null check (number between 1 and 10),
  code_sha256 bytea not null,
  created_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, staff_id, number),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
comment on table recovery_code is 'Ten codes on paper for who lost their device; each opens once.';
comment on column recovery_code.tenant_id is 'Tenant.';
comment on column recovery_code.staff_id is 'Whose.';
comment on column recovery_code.number is '1 to 10.';
comment on column recovery_code.code_sha256 is 'SHA-256 of tenant, person and code: 80 random bits, shown once.';
comment on column recovery_code.created_at is 'When made.';
comment on column recovery_code.used_at is 'When it was used; it is used up by that.';

create table sign_in_tally (
  tenant_id uuid not null,
  staff_id uuid not null,
  failures integer not null,
  failed_at timestamptz not null,
  failed_address text not null,
  primary key (tenant_id, staff_id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
comment on table sign_in_tally is 'Failed sign-ins since the last good one; their owner is told, then it begins anew.';
comment on column sign_in_tally.tenant_id is 'Tenant.';
comment on column sign_in_tally.staff_id is 'Whose login was tried.';
comment on column sign_in_tally.failures is 'How often.';
comment on column sign_in_tally.failed_at is 'Last.';
comment on column sign_in_tally.failed_address is 'From which address last.';

create table sign_in_step (
  tenant_id uuid not null,
  id uuid not null,
  use text not null check (use in ('pending', 'passkey', 'provider', 'register', 'confirm', 'bind')),
  secret_sha256 bytea not null,
  staff_id uuid,
  session_id uuid,
  body text not null,
  sealed bytea,
  sealed_key text,
  tries integer not null default 0,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  primary key (tenant_id, id),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id),
  foreign key (tenant_id, session_id) references session (tenant_id, id)
);
create index sign_in_step_expiry on sign_in_step (tenant_id, expires_at);
comment on table sign_in_step is 'A sign-in under way, or a device asked to sign: minutes long, used once, swept an hour after it has ended.';
comment on column sign_in_step.tenant_id is 'Tenant.';
comment on column sign_in_step.id is 'Key; the browser carries it in clear beside its secret.';
comment on column sign_in_step.use is 'What for: who it is is known and more is asked; a passkey is asked; a sign-in service is asked; a passkey is added; who is signed in is asked again; a service is joined.';
comment on column sign_in_step.secret_sha256 is 'SHA-256 of the secret the browser holds.';
comment on column sign_in_step.staff_id is 'Who, where it is known yet.';
comment on column sign_in_step.session_id is 'Their session, where they are signed in.';
comment on column sign_in_step.body is 'What was proved and what is still asked; canonical JSON without secrets.';
comment on column sign_in_step.sealed is 'The service''s nonce and code verifier, or the device''s challenge, AES-256-GCM.';
comment on column sign_in_step.sealed_key is 'Algorithm and id of the ring''s key that seals it.';
comment on column sign_in_step.tries is 'Codes tried.';
comment on column sign_in_step.created_at is 'Begin.';
comment on column sign_in_step.expires_at is 'End at the latest.';
comment on column sign_in_step.used_at is 'When it led on; it is used up by that.';

create table identity_provider (
  tenant_id uuid not null references tenant (id),
  code text not null check (code ~ '^[a-z][a-z0-9_-]{0,39}$'),
  name_zh text not null,
  name_en text not null,
  issuer text not null,
  client_id text not null,
  secret bytea,
  secret_key text,
  body text not null,
  active boolean not null default true,
  changed_by uuid not null,
  changed_at timestamptz not null,
  primary key (tenant_id, code)
);
comment on table identity_provider is 'A sign-in service of the institution (OpenID Connect).';
comment on column identity_provider.tenant_id is 'Tenant.';
comment on column identity_provider.code is 'Code.';
comment on column identity_provider.name_zh is 'Chinese name, on the button.';
comment on column identity_provider.name_en is 'English name.';
comment on column identity_provider.issuer is 'Its issuer: the address its discovery document stands at.';
comment on column identity_provider.client_id is 'What it calls this desk.';
comment on column identity_provider.secret is 'The client secret, AES-256-GCM; null: a public client.';
comment on column identity_provider.secret_key is 'Algorithm and id of the ring''s key that seals it.';
comment on column identity_provider.body is 'Scopes, first binding, roles by claim; canonical JSON.';
comment on column identity_provider.active is 'People may sign in by it.';
comment on column identity_provider.changed_by is 'Who changed it last.';
comment on column identity_provider.changed_at is 'When.';

create table identity_link (
  tenant_id uuid not null,
  provider text not null,
  issuer text not null,
  subject_sha256 bytea not null,
  staff_id uuid not null,
  created_at timestamptz not null,
  last_used_at timestamptz,
  primary key (tenant_id, issuer, subject_sha256),
  foreign key (tenant_id, staff_id) references staff (tenant_id, id)
);
create index identity_link_staff on identity_link (tenant_id, staff_id);
comment on table identity_link is 'Who somebody is at a sign-in service.';
comment on column identity_link.tenant_id is 'Tenant.';
comment on column identity_link.provider is 'Code of the service it was made by.';
comment on column identity_link.issuer is 'Issuer, as its tokens say it.';
comment on column identity_link.subject_sha256 is 'SHA-256 of the subject, as its tokens say it.';
comment on column identity_link.staff_id is 'Who that is here.';
comment on column identity_link.created_at is 'Since when.';
comment on column identity_link.last_used_at is 'Last sign-in by it.';

do $$
declare
  name text;
begin
  foreach name in array array[
    'authenticator', 'passkey', 'recovery_code', 'sign_in_tally', 'sign_in_step', 'identity_provider', 'identity_link'
  ] loop
    execute format('alter table %I enable row level security', name);
    execute format(
      'create policy one_tenant on %I to bihuan_app using (tenant_id = (select nullif(current_setting(''app.tenant'', true), '''')::uuid))',
      name);
  end loop;
end $$;

grant select, insert, update, delete on authenticator, passkey, recovery_code, sign_in_tally, sign_in_step, identity_provider,
  identity_link to bihuan_app;
