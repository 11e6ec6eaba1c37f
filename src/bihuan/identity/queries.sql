-- name: tenant_by_code
-- across tenants: at sign-in the tenant is known by its code alone.
select id, name from tenant where code = :code;

-- name: first_tenants
-- across tenants: where the desk has one tenant only, nobody need name it; two are enough to know that it has more.
select id, name from tenant order by id limit 2;

-- name: own_tenant
-- The tenant itself.
select id, name from tenant where id = :tenant_id;

-- name: add_tenant!
-- A new tenant.
insert into tenant (id, code, name, created_at) values (:tenant_id, :code, :name, :created_at);

-- name: people_changed!
-- Processes drop what they remember of people.
update tenant set people_version = people_version + 1 where id = :tenant_id;

-- name: add_staff!
-- A person.
insert into staff (tenant_id, id, login, name, password_hash, language, created_at)
values (:tenant_id, :id, :login, :name, :password_hash, :language, :created_at);

-- name: staff_by_login
-- Who signs in.
select id, login, name, password_hash, language, status from staff where tenant_id = :tenant_id and login = :login;

-- name: staff_by_id
-- One person, locked.
select id, login, name, password_hash, language, status from staff
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
update staff set password_hash = :password_hash where tenant_id = :tenant_id and id = :id;

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
select id, code, name_zh, name_en from team where tenant_id = :tenant_id order by code;

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
insert into role (tenant_id, code, name_zh, name_en, permissions)
values (:tenant_id, :code, :name_zh, :name_en, :permissions)
on conflict (tenant_id, code) do update
  set name_zh = excluded.name_zh, name_en = excluded.name_en, permissions = excluded.permissions;

-- name: roles
-- All roles.
select code, name_zh, name_en, permissions from role where tenant_id = :tenant_id order by code;

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
  array(select m.team_id from team_member m where m.tenant_id = :tenant_id and m.staff_id = :staff_id) as teams;

-- name: session_owner
-- A session with its owner; the people's version tells whether remembered rights still hold.
select s.staff_id, s.secret_sha256, s.csrf, s.last_used_at, s.expires_at, s.ended_at, p.name, p.language, p.status,
  t.people_version
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
insert into session (tenant_id, id, staff_id, secret_sha256, csrf, address, user_agent, created_at, last_used_at, expires_at)
values (:tenant_id, :id, :staff_id, :secret_sha256, :csrf, :address, :user_agent, :at, :at, :expires_at);

-- name: session_used!
-- Last use, to the minute.
update session set last_used_at = :at where tenant_id = :tenant_id and id = :id;

-- name: sessions
-- Sessions of a person that have not ended.
select id, address, user_agent, created_at, last_used_at, expires_at from session
where tenant_id = :tenant_id and staff_id = :staff_id and ended_at is null and expires_at > :now order by created_at;

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
