//! The migrations of PostgreSQL.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_migrations::{FileBasedMigrations, MigrationHarness};

use crate::support::{Scene, block_on};

fn migrate(scene: &Scene) -> (Option<i32>, String) {
    let ended = scene.spawn(&["migrate"], &[]).ended();
    (ended.code, ended.log)
}

#[test]
fn processes_that_start_at_once_make_the_tables_together_and_later_ones_find_them() {
    let scene = Scene::new();
    let processes: Vec<_> = (0..6).map(|_| scene.spawn(&["migrate"], &[])).collect();
    for process in processes {
        let ended = process.ended();
        assert_eq!((ended.code, ended.log.lines().count()), (Some(0), 1), "{}", ended.log);
    }
    let (code, line) = migrate(&scene);
    assert_eq!(code, Some(0));
    assert!(line.starts_with("postgres://127.0.0.1:") && line.ends_with("is up to date\n"), "{line}");
}

#[test]
fn a_database_that_a_newer_release_has_migrated_is_used_until_that_release_says_no() {
    let scene = Scene::new();
    assert_eq!(migrate(&scene).0, Some(0));
    scene.execute("INSERT INTO __diesel_schema_migrations (version) VALUES ('29991231000000')");
    let server = scene.start(&[]);
    assert_eq!(scene.client(&server).sign_up("taro@example.com").status, 201);
    server.drained();
    server.stop().assert_untroubled();

    scene.execute("UPDATE schema_serves SET oldest = '29991231000000'");
    let ended = scene.spawn(&["serve"], &[]).ended();
    assert_eq!(ended.code, Some(1));
    let line = ended.log.lines().last().unwrap();
    assert!(
        line.ends_with("was made by a newer keiyaku (its schema has 29991231000000): upgrade this binary"),
        "{line}"
    );
}

#[test]
fn the_tables_of_another_program_are_left_as_they_are() {
    let scene = Scene::new();
    scene.execute("CREATE TABLE users (name TEXT); INSERT INTO users VALUES ('theirs')");
    let (code, line) = migrate(&scene);
    assert_eq!((code, line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.contains("holds the tables of another program"), "{line}");
    assert_eq!(scene.texts("SELECT tablename::text AS value FROM pg_tables WHERE schemaname = 'public'"), ["users"]);
    assert_eq!(scene.texts("SELECT name AS value FROM users"), ["theirs"]);
}

#[test]
fn a_database_that_cannot_hold_every_text_is_refused() {
    let scene = Scene::new();
    let name = format!("{}_latin", scene.database().name());
    scene.execute(&format!("CREATE DATABASE {name} ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"));
    let url = scene.url().replace(scene.database().name(), &name);
    for command in [["serve"].as_slice(), &["migrate"], &["jobs", "stats"]] {
        let ended = scene.spawn(command, &[("DATABASE_URL", &url)]).ended();
        assert_eq!((ended.code, ended.log.lines().count()), (Some(1), 1), "{}", ended.log);
        assert!(
            ended.log.contains("its encoding is LATIN1: set DATABASE_URL to one that was made with"),
            "{}",
            ended.log
        );
    }
    scene.execute(&format!("DROP DATABASE {name}"));
}

#[test]
fn every_migration_can_be_undone_and_done_again() {
    let scene = Scene::new();
    let mut conn = scene.connect();
    let source = FileBasedMigrations::from_path("migrations/postgres").unwrap();
    conn.run_pending_migrations(source.clone()).unwrap();
    conn.revert_all_migrations(source.clone()).unwrap();
    let left = "SELECT relname::text AS value FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relname !~ 'diesel'
         UNION ALL SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace";
    assert_eq!(scene.texts(left), [""; 0]);
    conn.run_pending_migrations(source).unwrap();
}

/// `table.column` with whether it may be null, and `table: index`, of the two databases that must be the same but for what versions
/// come from, and for the lists that PostgreSQL alone has.
#[test]
fn both_databases_have_the_same_tables_columns_and_indexes() {
    #[derive(QueryableByName)]
    struct Line {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let scene = Scene::new();
    assert_eq!(migrate(&scene).0, Some(0));
    let postgres = scene.texts(
        "SELECT value FROM (
            SELECT format('%s.%s %s %s', table_name, ordinal_position, column_name, is_nullable = 'NO') AS value
            FROM information_schema.columns WHERE table_schema = 'public'
            UNION ALL
            SELECT format('%s: %s', tablename, indexname) FROM pg_indexes
            WHERE schemaname = 'public' AND indexname NOT LIKE '%key'
        ) AS lines WHERE value !~ 'diesel|job_versions|jobs_ahead|job_ends' ORDER BY value COLLATE \"C\"",
    );

    let file = tempfile::NamedTempFile::new().unwrap();
    let mut sqlite = SqliteConnection::establish(file.path().to_str().unwrap()).unwrap();
    sqlite.run_pending_migrations(FileBasedMigrations::from_path("migrations/sqlite").unwrap()).unwrap();
    let lines: Vec<Line> = diesel::sql_query(
        "SELECT value FROM (
            SELECT format('%s.%s %s %s', t.name, c.cid + 1, c.name, iif(c.\"notnull\", 't', 'f')) AS value
            FROM sqlite_master t, pragma_table_info(t.name) c WHERE t.type = 'table'
            UNION ALL
            SELECT format('%s: %s', tbl_name, name) FROM sqlite_master WHERE type = 'index' AND name NOT LIKE 'sqlite_%'
        ) WHERE NOT (value LIKE '%diesel%' OR value LIKE 'job_versions%' OR value LIKE 'sqlite_%') ORDER BY value",
    )
    .load(&mut sqlite)
    .unwrap();
    let sqlite: Vec<String> = lines.into_iter().map(|line| line.value).collect();
    assert!(sqlite.len() > 50, "{sqlite:?}");
    assert_eq!(postgres, sqlite);
}

#[test]
fn durability_decides_whether_a_commit_waits_for_the_disk_whatever_the_server_is_set_to() {
    use keiyaku::config::Durability;
    let scene = Scene::new();
    let mode = |durability| {
        let db = scene.db_with(durability);
        let read = |conn: &mut keiyaku::db::AnyConnection| {
            diesel::select(diesel::dsl::sql::<Text>("current_setting('synchronous_commit')")).get_result::<String>(conn)
        };
        block_on(db.read(read)).unwrap()
    };
    assert_eq!([mode(Durability::Full), mode(Durability::Normal)], ["on", "off"]);
    let set = |to| {
        scene
            .connect()
            .batch_execute(&format!("ALTER DATABASE {} SET synchronous_commit = {to}", scene.database().name()))
    };
    set("off").unwrap();
    assert_eq!(mode(Durability::Full), "on");
    set("remote_apply").unwrap();
    assert_eq!(mode(Durability::Full), "remote_apply", "more than asked for is not taken away");
}
