-- name: tenant_by_code
-- across tenants: at sign-in the tenant is known by its code alone.
select id, code, name from tenant where code = :code;

-- name: first_tenants
-- across tenants: where the desk has one tenant only, nobody need name it; two are enough to know that it has more.
select id, code, name from tenant order by id limit 2;

-- name: own_tenant
-- The tenant itself.
select id, code, name from tenant where id = :tenant_id;

-- name: add_tenant!
-- A new tenant.
insert into tenant (id, code, name, created_at) values (:tenant_id, :code, :name, :created_at);

-- name: people_changed!
-- Processes drop what they remember of people.
update tenant set people_version = people_version + 1 where id = :tenant_id;

-- name: add_staff!
-- A person.
insert into staff (tenant_id, id, login, name, password_hash, language, created_at, password_set_at, must_change)
values (:tenant_id, :id, :login, :name, :password_hash, :language, :created_at, :password_set_at, :must_change);

-- name: staff_by_login
-- Who signs in.
select id, login, name, password_hash, password_set_at, password_until, must_change, language, status from staff
where tenant_id = :tenant_id and login = :login;

-- name: staff_by_id
-- One person, locked.
select id, login, name, password_hash, password_set_at, password_until, must_change, language, status from staff
where tenant_id = :tenant_id and id = :id for update;

-- name: staff_list
-- Everybody, with teams, roles and skills.
select s.id, s.login, s.name, s.language, s.status,
  array(select t.code from team_member m join team t on t.tenant_id = m.tenant_id and t.id = m.team_id
    where m.tenant_id = :tenant_id and m.staff_id = s.id order by t.code) as teams,
  array(select r.role_code from staff_role r where r.tenant_id = :tenant_id and r.staff_id = s.id order by 1) as roles,
  array(select k.skill from staff_skill k where k.tenant_id = :tenant_id and k.staff_id = s.id order by 1) as skills
from staff s where s.tenant_id = :tenant_id order by s.login;

-- name: set_password!
-- A new password.
update staff set password_hash = :password_hash, password_set_at = :at, must_change = null, password_until = null
where tenant_id = :tenant_id and id = :id;

-- name: mark_left
-- A leaver.
update staff set status = 'left', left_at = :left_at
where tenant_id = :tenant_id and id = :id and status = 'active' returning id;

-- name: end_sessions!
-- Every session of a person ends.
update session set ended_at = :at where tenant_id = :tenant_id and staff_id = :staff_id and ended_at is null;

-- name: end_tokens!
-- Every token of a person ends.
update api_token set ended_at = :at where tenant_id = :tenant_id and staff_id = :staff_id and ended_at is null;

-- name: add_team!
-- A team.
insert into team (tenant_id, id, code, name_zh, name_en, created_at)
values (:tenant_id, :id, :code, :name_zh, :name_en, :created_at) on conflict (tenant_id, code) do nothing;

-- name: teams
-- All teams.
select t.id, t.code, t.name_zh, t.name_en,
  array(select o.code from team_sees v join team o on o.tenant_id = v.tenant_id and o.id = v.seen_team_id
    where v.tenant_id = :tenant_id and v.team_id = t.id order by o.code) as sees
from team t where t.tenant_id = :tenant_id order by t.code;

-- name: drop_sees!
-- A team that sees no other's queue.
delete from team_sees where tenant_id = :tenant_id and team_id = :team_id;

-- name: add_sees!
-- Another team's queue for a team to see.
insert into team_sees (tenant_id, team_id, seen_team_id) values (:tenant_id, :team_id, :seen_team_id)
on conflict (tenant_id, team_id, seen_team_id) do nothing;

-- name: deputies
-- Who stands in for whom, now or later.
select d.id, d.staff_id, d.deputy_id, d.from_at, d.until_at, d.made_by from deputy d
where d.tenant_id = :tenant_id and d.ended_at is null and d.until_at > :now order by d.from_at, d.id;

-- name: add_deputy!
-- Somebody who stands in.
insert into deputy (tenant_id, id, staff_id, deputy_id, from_at, until_at, made_by, made_at)
values (:tenant_id, :id, :staff_id, :deputy_id, :from_at, :until_at, :made_by_id, :made_at);

-- name: end_deputy
-- Ended before its time.
update deputy set ended_at = :ended_at, ended_by = :ended_by_id
where tenant_id = :tenant_id and id = :id and ended_at is null returning id;

-- name: end_deputies_of!
-- A leaver stands in for nobody, and nobody for them.
update deputy set ended_at = :ended_at, ended_by = :ended_by_id
where tenant_id = :tenant_id and (staff_id = :staff_id or deputy_id = :staff_id) and ended_at is null;

-- name: add_member
-- A person into a team.
insert into team_member (tenant_id, team_id, staff_id)
select :tenant_id, t.id, :staff_id from team t where t.tenant_id = :tenant_id and t.code = :team
returning team_id;

-- name: drop_members!
-- A person out of every team.
delete from team_member where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: drop_skills!
-- No skills.
delete from staff_skill where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: add_skill!
-- A skill.
insert into staff_skill (tenant_id, staff_id, skill) values (:tenant_id, :staff_id, :skill)
on conflict (tenant_id, staff_id, skill) do nothing;

-- name: put_role!
-- A role with its permissions.
insert into role (tenant_id, code, name_zh, name_en, permissions, shipped)
values (:tenant_id, :code, :name_zh, :name_en, :permissions, :shipped)
on conflict (tenant_id, code) do update
  set name_zh = excluded.name_zh, name_en = excluded.name_en, permissions = excluded.permissions,
    shipped = coalesce(excluded.shipped, role.shipped);

-- name: roles
-- All roles.
select code, name_zh, name_en, permissions from role where tenant_id = :tenant_id order by code;

-- name: role_rows
-- All roles, each with the digest of the shipped one it was taken from.
select code, name_zh, name_en, permissions, shipped from role where tenant_id = :tenant_id order by code;

-- name: grants
-- What each active person holds, and for whom they stand in now or later.
select s.id, s.login,
  array(select r.role_code from staff_role r where r.tenant_id = :tenant_id and r.staff_id = s.id order by 1) as roles,
  array(select distinct p from staff_role sr join role r on r.tenant_id = sr.tenant_id and r.code = sr.role_code,
    unnest(r.permissions) as p where sr.tenant_id = :tenant_id and sr.staff_id = s.id) as permissions,
  array(select d.staff_id from deputy d where d.tenant_id = :tenant_id and d.deputy_id = s.id
    and d.ended_at is null and d.until_at > :now) as stands_for
from staff s where s.tenant_id = :tenant_id and s.status = 'active' order by s.login;

-- name: drop_roles!
-- A person without roles.
delete from staff_role where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: add_role
-- A role for a person.
insert into staff_role (tenant_id, staff_id, role_code)
select :tenant_id, :staff_id, r.code from role r where r.tenant_id = :tenant_id and r.code = :role
returning role_code;

-- name: rights
-- What a person may do and which teams they see.
select
  array(select distinct p from staff_role sr join role r on r.tenant_id = sr.tenant_id and r.code = sr.role_code,
    unnest(r.permissions) as p where sr.tenant_id = :tenant_id and sr.staff_id = :staff_id) as permissions,
  array(select m.team_id from team_member m where m.tenant_id = :tenant_id and m.staff_id = :staff_id) as teams,
  array(select distinct v.seen_team_id from team_sees v
    join team_member m on m.tenant_id = v.tenant_id and m.team_id = v.team_id
    where v.tenant_id = :tenant_id and m.staff_id = :staff_id) as sees_teams;

-- name: stands
-- For whom a person is or will be a deputy, each with their teams.
select d.staff_id, d.from_at, d.until_at,
  array(select m.team_id from team_member m where m.tenant_id = :tenant_id and m.staff_id = d.staff_id) as teams
from deputy d where d.tenant_id = :tenant_id and d.deputy_id = :staff_id and d.ended_at is null and d.until_at > :now
order by d.from_at;

-- name: session_owner
-- A session with its owner; the people's version tells whether remembered rights still hold.
select s.staff_id, s.secret_sha256, s.former_sha256, s.former_until, s.confirmed_at, s.csrf, s.last_used_at, s.expires_at,
  s.ended_at, p.name, p.language, p.status, t.people_version
from session s join staff p on p.tenant_id = s.tenant_id and p.id = s.staff_id join tenant t on t.id = s.tenant_id
where s.tenant_id = :tenant_id and s.id = :id;

-- name: session_owners
-- Several sessions with their owners, for what stays open by them.
select s.id as credential_id, s.staff_id, s.secret_sha256, s.last_used_at, s.expires_at, s.ended_at, p.name, p.language,
  p.status, t.people_version
from session s join staff p on p.tenant_id = s.tenant_id and p.id = s.staff_id join tenant t on t.id = s.tenant_id
where s.tenant_id = :tenant_id and s.id = any(:ids);

-- name: token_owners
-- Several tokens with their owners, for what stays open by them.
select a.id as credential_id, a.staff_id, a.secret_sha256, a.scope, a.last_used_at, a.expires_at, a.ended_at, p.name,
  p.language, p.status, t.people_version
from api_token a join staff p on p.tenant_id = a.tenant_id and p.id = a.staff_id join tenant t on t.id = a.tenant_id
where a.tenant_id = :tenant_id and a.id = any(:ids);

-- name: people_version
-- Grows with every change of people and rights.
select people_version from tenant where id = :tenant_id;

-- name: token_owner
-- A token with its owner.
select a.staff_id, a.secret_sha256, a.scope, a.last_used_at, a.expires_at, a.ended_at, p.name, p.language, p.status,
  t.people_version
from api_token a join staff p on p.tenant_id = a.tenant_id and p.id = a.staff_id join tenant t on t.id = a.tenant_id
where a.tenant_id = :tenant_id and a.id = :id;

-- name: add_session!
-- Signed in.
insert into session (tenant_id, id, staff_id, secret_sha256, csrf, address, user_agent, created_at, last_used_at, expires_at,
  confirmed_at, opened_by, provider, provider_session, sign_out_url)
values (:tenant_id, :id, :staff_id, :secret_sha256, :csrf, :address, :user_agent, :at, :at, :expires_at, :at, :opened_by,
  :provider, :provider_session, :sign_out_url);

-- name: session_used!
-- Last use, to the minute.
update session set last_used_at = :at where tenant_id = :tenant_id and id = :id;

-- name: sessions
-- Sessions of a person that have not ended.
select id, address, user_agent, created_at, last_used_at, expires_at, opened_by from session
where tenant_id = :tenant_id and staff_id = :staff_id and ended_at is null and expires_at > :now order by created_at, id;

-- name: end_session
-- One session ends.
update session set ended_at = :at
where tenant_id = :tenant_id and staff_id = :staff_id and id = :id and ended_at is null returning id;

-- name: add_token!
-- A token.
insert into api_token (tenant_id, id, staff_id, name, secret_sha256, scope, created_at, expires_at)
values (:tenant_id, :id, :staff_id, :name, :secret_sha256, :scope, :created_at, :expires_at);

-- name: token_used!
-- Last use, to the minute.
update api_token set last_used_at = :at where tenant_id = :tenant_id and id = :id;

-- name: tokens
-- Tokens of a person that have not ended.
select id, name, scope, created_at, expires_at, last_used_at from api_token
where tenant_id = :tenant_id and staff_id = :staff_id and ended_at is null order by created_at;

-- name: end_token
-- One token ends.
update api_token set ended_at = :at
where tenant_id = :tenant_id and staff_id = :staff_id and id = :id and ended_at is null returning id;

-- name: roles_of
-- Roles of a person.
select role_code from staff_role where tenant_id = :tenant_id and staff_id = :staff_id order by role_code;

-- name: sign_in_policy
-- How the tenant's people sign in.
select sign_in from tenant where id = :tenant_id;

-- name: put_sign_in_policy!
-- Another policy.
update tenant set sign_in = :body where id = :tenant_id;

-- name: renew_session
-- A new secret; requests on their way may still come with the former one.
update session set former_sha256 = secret_sha256, former_until = :former_until, secret_sha256 = :secret_sha256,
  confirmed_at = coalesce(:confirmed_at, confirmed_at)
where tenant_id = :tenant_id and id = :id and ended_at is null returning id, expires_at;

-- name: end_other_sessions!
-- Every session of a person but one ends.
update session set ended_at = :at
where tenant_id = :tenant_id and staff_id = :staff_id and id <> :keep and ended_at is null;

-- name: session_sign_out
-- Where the browser goes after signing out.
select sign_out_url from session where tenant_id = :tenant_id and id = :id;

-- name: must_change!
-- The password must be changed at the next sign-in.
update staff set must_change = :why where tenant_id = :tenant_id and id = :id;

-- name: give_password!
-- A password a colleague gives: to be changed at once, and open for a while only.
update staff set password_hash = :password_hash, password_set_at = :at, must_change = 'given', password_until = :until
where tenant_id = :tenant_id and id = :id;

-- name: tally_failure!
-- One more failed sign-in.
insert into sign_in_tally (tenant_id, staff_id, failures, failed_at, failed_address)
values (:tenant_id, :staff_id, 1, :at, :address)
on conflict (tenant_id, staff_id) do update
  set failures = sign_in_tally.failures + 1, failed_at = excluded.failed_at, failed_address = excluded.failed_address;

-- name: tally_stranger!
-- One more failed sign-in of a login nobody has, whose hash the bucket holds.
insert into rate_limit (tenant_id, bucket, window_at, tries) values (:tenant_id, :bucket, date_trunc('hour', :at::timestamptz), 1)
on conflict (tenant_id, bucket, window_at) do update set tries = rate_limit.tries + 1;

-- name: take_tally
-- Failed sign-ins since the last good one; told, they are forgotten.
delete from sign_in_tally where tenant_id = :tenant_id and staff_id = :staff_id
returning failures as count, failed_at as at, failed_address as address;

-- name: tally
-- Failed sign-ins since the last good one.
select failures as count, failed_at as at, failed_address as address from sign_in_tally
where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: sign_in_people
-- How everybody who works here signs in, by login; `enrols`: a role of theirs must have a second factor.
select s.id, s.login, s.name, s.password_hash is not null as has_password, s.must_change,
  exists (select 1 from authenticator a
    where a.tenant_id = :tenant_id and a.staff_id = s.id and a.confirmed_at is not null) as totp,
  (select count(*)::integer from passkey p where p.tenant_id = :tenant_id and p.staff_id = s.id) as passkeys,
  (select count(*)::integer from recovery_code r
    where r.tenant_id = :tenant_id and r.staff_id = s.id and r.used_at is null) as recovery,
  (select coalesce(array_agg(distinct l.provider order by l.provider), '{}') from identity_link l
    where l.tenant_id = :tenant_id and l.staff_id = s.id) as services,
  exists (select 1 from staff_role o where o.tenant_id = :tenant_id and o.staff_id = s.id
    and o.role_code = any(:enrol_roles)) as enrols,
  coalesce(t.failures, 0) as failures, t.failed_at, t.failed_address,
  (select max(e.created_at) from session e where e.tenant_id = :tenant_id and e.staff_id = s.id) as signed_in_at
from staff s left join sign_in_tally t on t.tenant_id = :tenant_id and t.staff_id = s.id
where s.tenant_id = :tenant_id and s.status = 'active' order by s.login;

-- name: ways
-- Second factors of a person.
select
  exists (select 1 from authenticator a
    where a.tenant_id = :tenant_id and a.staff_id = :staff_id and a.confirmed_at is not null) as totp,
  (select count(*)::integer from passkey p where p.tenant_id = :tenant_id and p.staff_id = :staff_id) as passkeys,
  (select count(*)::integer from recovery_code r
    where r.tenant_id = :tenant_id and r.staff_id = :staff_id and r.used_at is null) as recovery;

-- name: add_authenticator!
-- An authenticator whose making begins.
insert into authenticator (tenant_id, id, staff_id, secret, secret_key, created_at)
values (:tenant_id, :id, :staff_id, :secret, :secret_key, :at);

-- name: begun_authenticator
-- One whose making began, locked.
select id, secret, secret_key, last_step, confirmed_at from authenticator
where tenant_id = :tenant_id and id = :id and staff_id = :staff_id and confirmed_at is null for update;

-- name: authenticator
-- The one codes are asked of.
select id, secret, secret_key, last_step, confirmed_at from authenticator
where tenant_id = :tenant_id and staff_id = :staff_id and confirmed_at is not null;

-- name: confirm_authenticator
-- Its first code proved it.
update authenticator set confirmed_at = :at, last_step = :step where tenant_id = :tenant_id and id = :id returning id;

-- name: authenticator_used
-- A code was taken; none of this half minute or before it is taken again.
update authenticator set last_step = :step where tenant_id = :tenant_id and id = :id and last_step < :step returning id;

-- name: drop_authenticator!
-- The one codes were asked of.
delete from authenticator where tenant_id = :tenant_id and staff_id = :staff_id and confirmed_at is not null;

-- name: drop_begun_authenticators!
-- Those whose making was given up.
delete from authenticator where tenant_id = :tenant_id and confirmed_at is null and created_at < :before;

-- name: add_recovery_code!
-- A recovery code.
insert into recovery_code (tenant_id, staff_id, number, code_sha256, created_at)
values (:tenant_id, :staff_id, :number, :code_sha256, :at);

-- name: use_recovery_code
-- A recovery code is used up.
update recovery_code set used_at = :at
where tenant_id = :tenant_id and staff_id = :staff_id and code_sha256 = :code_sha256 and used_at is null returning number;

-- name: drop_recovery_codes!
-- All of a person's.
delete from recovery_code where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: add_passkey
-- A passkey; one that is somebody's already is not taken again.
insert into passkey (tenant_id, id, staff_id, credential_id, public_key, sign_count, name, transports, backed_up, created_at)
values (:tenant_id, :id, :staff_id, :credential, :public_key, :sign_count, :name, :transports, :backed_up, :at)
on conflict (tenant_id, credential_id) do nothing returning id;

-- name: passkeys
-- A person's passkeys, as they see them.
select id, name, backed_up, created_at, last_used_at from passkey
where tenant_id = :tenant_id and staff_id = :staff_id order by created_at, id;

-- name: passkey_rows
-- A person's passkeys.
select id, name, backed_up, created_at, last_used_at, staff_id, credential_id, public_key, sign_count, transports
from passkey where tenant_id = :tenant_id and staff_id = :staff_id order by created_at, id;

-- name: passkey_by_credential
-- A passkey by the device's name for it, locked: two answers at once count one after the other.
select id, name, backed_up, created_at, last_used_at, staff_id, credential_id, public_key, sign_count, transports
from passkey where tenant_id = :tenant_id and credential_id = :credential for update;

-- name: passkey_used!
-- It signed.
update passkey set sign_count = :sign_count, backed_up = :backed_up, last_used_at = :at
where tenant_id = :tenant_id and id = :id;

-- name: rename_passkey
-- What its owner calls it.
update passkey set name = :name where tenant_id = :tenant_id and id = :id and staff_id = :staff_id returning id;

-- name: drop_passkey
-- A passkey is no more.
delete from passkey where tenant_id = :tenant_id and id = :id and staff_id = :staff_id returning id;

-- name: drop_passkeys!
-- All of a person's.
delete from passkey where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: add_step!
-- A sign-in under way.
insert into sign_in_step (tenant_id, id, use, secret_sha256, staff_id, session_id, body, sealed, sealed_key, created_at,
  expires_at)
values (:tenant_id, :id, :use, :secret_sha256, :staff_id, :session_id, :body, :sealed, :sealed_key, :at, :expires_at);

-- name: step
-- A sign-in under way, locked.
select id, use, secret_sha256, staff_id, session_id, body, sealed, sealed_key, tries, created_at, expires_at, used_at
from sign_in_step where tenant_id = :tenant_id and id = :id for update;

-- name: use_step
-- It has led on.
update sign_in_step set used_at = :at where tenant_id = :tenant_id and id = :id and used_at is null returning id;

-- name: step_tried!
-- A wrong code.
update sign_in_step set tries = tries + 1 where tenant_id = :tenant_id and id = :id;

-- name: drop_steps!
-- Those that ended a while ago.
delete from sign_in_step where tenant_id = :tenant_id and expires_at < :before;

-- name: providers
-- Sign-in services.
select code, name_zh, name_en, issuer, client_id, secret, secret_key, body, active, changed_by, changed_at
from identity_provider where tenant_id = :tenant_id order by code;

-- name: provider
-- One sign-in service.
select code, name_zh, name_en, issuer, client_id, secret, secret_key, body, active, changed_by, changed_at
from identity_provider where tenant_id = :tenant_id and code = :code;

-- name: put_provider!
-- A sign-in service, new or changed; without a new secret the one it has stays.
insert into identity_provider (tenant_id, code, name_zh, name_en, issuer, client_id, secret, secret_key, body, active,
  changed_by, changed_at)
values (:tenant_id, :code, :name_zh, :name_en, :issuer, :client_id, :secret, :secret_key, :body, :active, :by, :at)
on conflict (tenant_id, code) do update
  set name_zh = excluded.name_zh, name_en = excluded.name_en, issuer = excluded.issuer, client_id = excluded.client_id,
    secret = excluded.secret, secret_key = excluded.secret_key, body = excluded.body, active = excluded.active,
    changed_by = excluded.changed_by, changed_at = excluded.changed_at;

-- name: drop_provider
-- A sign-in service is no more.
delete from identity_provider where tenant_id = :tenant_id and code = :code returning code;

-- name: link_of
-- Who a subject of a service is here.
select staff_id from identity_link where tenant_id = :tenant_id and issuer = :issuer and subject_sha256 = :subject_sha256;

-- name: add_link
-- A subject of a service is somebody; one who is somebody already stays it.
insert into identity_link (tenant_id, provider, issuer, subject_sha256, staff_id, created_at)
values (:tenant_id, :provider, :issuer, :subject_sha256, :staff_id, :at)
on conflict (tenant_id, issuer, subject_sha256) do nothing returning staff_id;

-- name: link_used!
-- Last sign-in by it.
update identity_link set last_used_at = :at
where tenant_id = :tenant_id and issuer = :issuer and subject_sha256 = :subject_sha256;

-- name: links
-- Services a person is joined to.
select provider, created_at, last_used_at from identity_link
where tenant_id = :tenant_id and staff_id = :staff_id order by provider;

-- name: drop_links
-- A person is no longer joined to a service.
delete from identity_link where tenant_id = :tenant_id and staff_id = :staff_id and provider = :provider
returning provider;

-- name: drop_all_links!
-- A person is joined to no service.
delete from identity_link where tenant_id = :tenant_id and staff_id = :staff_id;

-- name: end_provider_sessions
-- Sessions a service ends: one of its own, or all of a person's by it.
update session set ended_at = :at
where tenant_id = :tenant_id and provider = :provider and ended_at is null
  and (provider_session = :provider_session or staff_id = :staff_id) returning id, staff_id;

-- name: hear_sign_out
-- A service's word that somebody signed out, heard once; none where it was heard before.
insert into rate_limit (tenant_id, bucket, window_at, tries) values (:tenant_id, :bucket, :said_at, 1)
on conflict (tenant_id, bucket, window_at) do nothing returning bucket;
