//! A connection to PostgreSQL: what the URL leaves unsaid, and the session's settings.
//!
//! Whatever the URL says itself is kept, and the server's own limits are.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::config::Durability;

/// Parameters of libpq, in the units of its documentation (seconds; milliseconds for `tcp_user_timeout`).
///
/// A server that takes the connection and then says nothing is given up like one that is not there, and so is one behind a
/// network that was cut: the system would wait for a quarter of an hour and more. Of several hosts, the one that takes writes
/// is wanted; of one host, a standby is no use.
///
/// The server, too, has to find out that nobody is there any more: the system would keep the connection for hours, and there are
/// only so many. It is told with the first it hears (`options`), since the network may be cut before it hears more.
const PARAMETERS: [(&str, &str); 8] = [
    ("connect_timeout", "10"),
    ("keepalives_idle", "5"),
    ("keepalives_interval", "3"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "10000"),
    ("target_session_attrs", "read-write"),
    ("application_name", "keiyaku"),
    (
        "options",
        "-c%20tcp_keepalives_idle%3D5%20-c%20tcp_keepalives_interval%3D3%20-c%20tcp_keepalives_count%3D3\
         %20-c%20tcp_user_timeout%3D10000",
    ),
];

/// How long a statement may take, how long it may wait for a lock, and how long a transaction may stand still because its process
/// does, or because the network was cut: it keeps others from the rows, and vacuum from its work. Shorter than the wait for a
/// lock, so that whoever waits for such a transaction gets what it held. None of them ends a commit that waits for a standby; the
/// server stops that clock first.
const LIMITS: [(&str, &str); 3] =
    [("statement_timeout", "30s"), ("lock_timeout", "5s"), ("idle_in_transaction_session_timeout", "3s")];

/// What a server says of waits and of a full disk is told from other errors by its words, which are English in this locale. Before
/// PostgreSQL 15 superusers alone may choose them, then also whoever was granted that; for others the role has to have them set.
const ENGLISH: &str = "DO $$ BEGIN PERFORM set_config('lc_messages', 'C', false); \
                       EXCEPTION WHEN insufficient_privilege THEN NULL; END $$";

/// A connection without limits, for migrations.
pub(super) fn connect(url: &str) -> ConnectionResult<PgConnection> {
    let given = |name: &str| url.contains(&format!("?{name}=")) || url.contains(&format!("&{name}="));
    let mut whole = url.to_owned();
    for (name, value) in PARAMETERS.iter().filter(|(name, _)| !given(name)) {
        let sign = if whole.contains('?') { '&' } else { '?' };
        whole.push_str(&format!("{sign}{name}={value}"));
    }
    PgConnection::establish(&whole)
}

/// A connection for the service.
pub(super) fn connect_with_limits(url: &str, durability: Durability) -> ConnectionResult<PgConnection> {
    let mut conn = connect(url)?;
    conn.batch_execute(&settings(durability)).map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// One message, hence one round trip.
fn settings(durability: Durability) -> String {
    let limits = LIMITS.map(|(name, value)| {
        format!("set_config('{name}', CASE current_setting('{name}') WHEN '0' THEN '{value}' ELSE current_setting('{name}') END, false)")
    });
    // The server's own setting counts as long as it asks for no less: one that waits for replicas, too, is kept.
    let commit = match durability {
        Durability::Full => {
            "CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' ELSE current_setting('synchronous_commit') END"
        }
        Durability::Normal => "'off'",
    };
    format!("SELECT {}, set_config('synchronous_commit', {commit}, false); {ENGLISH}", limits.join(", "))
}
