//! Roles of PostgreSQL that do not own the service's tables.

use keiyaku::db::{DatabaseUrl, Purpose, require_rights};

use crate::support::Scene;
use crate::support::server::Ended;

/// A role of its own for a test, since roles belong to all databases of a server.
struct Role<'a> {
    scene: &'a Scene,
    name: String,
    url: String,
}

impl Role<'_> {
    fn new(scene: &Scene) -> Role<'_> {
        let name = format!("{}_app", scene.database().name());
        scene.execute(&format!("CREATE ROLE {name} LOGIN PASSWORD 'app'"));
        let url = format!("postgres://{name}:app@{}", scene.url().split_once('@').unwrap().1);
        Role { scene, name, url }
    }

    /// What the service does as this role, when that comes to an end by itself.
    fn run(&self, command: &[&str]) -> Ended {
        self.scene.spawn(command, &[("DATABASE_URL", &self.url)]).ended()
    }

    /// Asserts that the service says this in one line, and does nothing.
    #[track_caller]
    fn assert_refused(&self, command: &[&str], said: &str) -> String {
        let Ended { code, log } = self.run(command);
        assert_eq!((code, log.lines().count()), (Some(1), 1), "{log}");
        assert!(log.contains(said), "{log}");
        log
    }

    /// Asserts that the doctor names this as what is wrong with the database.
    #[track_caller]
    fn assert_found(&self, said: &str) {
        let output = self.scene.command(&["doctor"]).env("DATABASE_URL", &self.url).output().unwrap();
        let shown = String::from_utf8(output.stdout).unwrap();
        let line = shown.lines().find(|line| line.starts_with("fail  database")).unwrap_or_else(|| panic!("{shown}"));
        assert!(output.status.code() == Some(1) && line.contains(said), "{shown}");
    }

    fn assert_serves(&self) {
        let server = self.scene.start(&[("DATABASE_URL", &self.url)]);
        assert_eq!(self.scene.client(&server).sign_up("taro@example.com").status, 201);
        server.drained();
        server.stop().assert_untroubled();
    }

    /// What has to be run before it may be used for this.
    #[track_caller]
    fn remedy(&self, purpose: Purpose) -> String {
        let url: DatabaseUrl = self.url.parse().unwrap();
        let refused = require_rights(&url, purpose).unwrap_err().to_string();
        refused.split_once("whoever may, run ").unwrap_or_else(|| panic!("{refused}")).1.to_owned()
    }

    fn is_enough(&self, purpose: Purpose) -> bool {
        require_rights(&self.url.parse().unwrap(), purpose).is_ok()
    }
}

impl Drop for Role<'_> {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.scene.execute(&format!("DROP OWNED BY {0} CASCADE; DROP ROLE {0}", self.name));
        }
    }
}

fn migrate(scene: &Scene) {
    assert_eq!(scene.spawn(&["migrate"], &[]).ended().code, Some(0));
}

#[test]
fn one_that_may_make_no_tables_serves_what_another_has_migrated() {
    let scene = Scene::new();
    let role = Role::new(&scene);
    let (name, own) = (&role.name, "ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT");
    scene.execute(&format!(
        "{own} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {name}; {own} USAGE, SELECT, UPDATE ON SEQUENCES TO {name}"
    ));
    migrate(&scene);
    role.assert_serves();
    for command in [["migrate"].as_slice(), &["jobs", "stats"]] {
        assert_eq!(role.run(command).code, Some(0));
    }

    scene.execute(
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)",
    );
    let line = "this role may not bring its schema up to date: run `keiyaku migrate` as one that owns";
    role.assert_refused(&["serve"], line);
    // Where it may make tables, they would hide those that there are.
    scene.execute(&format!("CREATE SCHEMA {name} AUTHORIZATION {name}"));
    role.assert_refused(&["serve"], line);
    assert_eq!(scene.count(&format!("pg_tables WHERE schemaname = '{name}'")), 0);
}

#[test]
fn one_without_every_right_is_told_what_to_have_granted_and_then_serves() {
    let scene = Scene::new();
    migrate(&scene);
    let role = Role::new(&scene);
    let said = "this role cannot work with the database postgres://127.0.0.1:";
    for command in [["serve"].as_slice(), &["worker"], &["migrate"], &["jobs", "stats"]] {
        role.assert_refused(command, said);
    }
    role.assert_found(said);

    scene.execute(&role.remedy(Purpose::Look));
    scene.execute(&format!("GRANT SELECT ON ALL TABLES IN SCHEMA public TO {}", role.name));
    assert_eq!(role.run(&["jobs", "stats"]).code, Some(0));
    role.assert_refused(&["serve"], said);
    role.assert_found(said);

    // Others' tables in the schema are none of the service's business.
    let other = format!("{}_other", role.name);
    scene.execute(&format!(
        "CREATE ROLE {other}; CREATE TABLE geography (id INT); ALTER TABLE geography OWNER TO {other};
         REVOKE TEMPORARY ON DATABASE {} FROM PUBLIC",
        scene.database().name()
    ));
    let line = role.assert_refused(&["serve"], "GRANT TEMPORARY ON DATABASE");
    assert!(line.ends_with(&format!("whoever may, run {}\n", role.remedy(Purpose::Work))), "{line}");
    scene.execute(&role.remedy(Purpose::Work));
    role.assert_serves();
    scene.execute(&format!("DROP TABLE geography; DROP ROLE {other}"));
}

#[test]
fn every_table_and_sequence_is_looked_at() {
    let scene = Scene::new();
    migrate(&scene);
    let role = Role::new(&scene);
    scene.execute(&role.remedy(Purpose::Fill));
    assert!(role.is_enough(Purpose::Fill));
    for table in scene.texts("SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'") {
        let right = if table.contains("schema") { "SELECT" } else { "DELETE" };
        scene.execute(&format!("REVOKE {right} ON {table} FROM {}", role.name));
        let remedy = role.remedy(Purpose::Work);
        assert!(remedy.ends_with(&format!("{right} ON public.{table} TO {}", role.name)), "{remedy}");
        scene.execute(&remedy);
        assert!(role.is_enough(Purpose::Fill));
    }
    scene.execute(&format!("REVOKE UPDATE ON ALL SEQUENCES IN SCHEMA public FROM {}", role.name));
    assert!(role.is_enough(Purpose::Work));
    let sequences = "ON SEQUENCE public.job_queue_id_seq, public.job_versions, public.users_id_seq TO";
    assert!(role.remedy(Purpose::Fill).contains(sequences));
    scene.execute(&format!("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}", role.name));
    assert!(role.remedy(Purpose::Work).contains("SEQUENCE public.job_versions TO"));
}

#[test]
fn one_that_sees_no_tables_is_told_why_that_may_be() {
    let scene = Scene::new();
    // PostgreSQL 15 is the first that does so itself.
    scene.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC");
    let role = Role::new(&scene);
    let assert_refused = || {
        let said = "this role sees no tables there and may make none";
        role.assert_refused(&["serve"], said);
        role.assert_refused(&["jobs", "stats"], said);
        role.assert_found(said);
    };
    assert_refused();
    migrate(&scene);
    scene.execute(&format!(
        "GRANT ALL ON ALL TABLES IN SCHEMA public TO {}; REVOKE USAGE ON SCHEMA public FROM PUBLIC",
        role.name
    ));
    assert_refused();
}

#[test]
fn tables_of_others_are_nothing_to_one_with_a_schema_of_its_own() {
    let scene = Scene::new();
    let role = Role::new(&scene);
    scene.execute(&format!(
        "CREATE SCHEMA {0} AUTHORIZATION {0}; CREATE TABLE workers (name TEXT); CREATE TABLE queues (name TEXT)",
        role.name
    ));
    role.assert_serves();
    assert_eq!(scene.count("workers"), 0);
    // Nor where theirs are found because an older release had no such table.
    scene.execute(&format!("ALTER TABLE {}.queues RENAME TO another", role.name));
    assert!(role.is_enough(Purpose::Work));
}

#[test]
fn tables_of_others_that_hide_ours_are_found_out_about() {
    let scene = Scene::new();
    migrate(&scene);
    let role = Role::new(&scene);
    scene.execute(&role.remedy(Purpose::Work));
    scene.execute(&format!("CREATE SCHEMA {0} AUTHORIZATION {0}; CREATE TABLE {0}.queues (name TEXT)", role.name));
    role.assert_found("SET search_path = public");
    role.assert_refused(&["serve"], "SET search_path = public");
    scene.execute(&role.remedy(Purpose::Look));
    role.assert_serves();
}

#[test]
fn tables_of_others_are_not_taken_for_ours_without_rights() {
    let scene = Scene::new();
    let role = Role::new(&scene);
    scene.execute("CREATE TABLE users (name TEXT)");
    role.assert_refused(&["serve"], "holds the tables of another program");
}
