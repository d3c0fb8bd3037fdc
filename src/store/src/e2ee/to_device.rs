//! Messages that wait for devices.

use diesel::{
    prelude::*,
    sql_types::{BigInt, Text},
};

use crate::{
    Conn, Error, Result, Tx,
    connection::insert_all,
    schema::{to_device_messages, to_device_transactions},
};

/// A row of `to_device_messages`.
#[derive(Clone, Debug, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = to_device_messages, treat_none_as_default_value = false)]
pub struct ToDeviceRow {
    /// For whose device it is.
    pub user_id: String,
    /// Which one.
    pub device_id: String,
    /// When it came.
    pub position: i64,
    /// Which one it is of those that the device has had since none was waiting; the first is 1.
    pub number: i64,
    /// Who sent it.
    pub sender: String,
    /// The event type.
    pub event_type: String,
    /// The content, a JSON object.
    pub content: String,
}

/// A device to which messages may be sent.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Inbox {
    /// Whose it is.
    #[diesel(sql_type = Text)]
    pub user_id: String,
    /// Its id.
    #[diesel(sql_type = Text)]
    pub device_id: String,
    /// The number of the newest message that waits for it; 0 where none does.
    #[diesel(sql_type = BigInt)]
    pub newest: i64,
}

/// What one sender has waiting for a device.
#[derive(Clone, Debug, PartialEq, Eq, QueryableByName)]
pub struct Share {
    /// Who sent it.
    #[diesel(sql_type = Text)]
    pub sender: String,
    /// How many messages.
    #[diesel(sql_type = BigInt)]
    pub messages: i64,
    /// Bytes of their contents.
    #[diesel(sql_type = BigInt)]
    pub bytes: i64,
}

/// The number of the newest message of a device `d`.
const NEWEST: &str = "coalesce((SELECT m.number FROM to_device_messages m WHERE m.user_id = d.user_id
    AND m.device_id = d.device_id ORDER BY m.position DESC LIMIT 1), 0) AS newest";

/// Those of these devices that there are: (user, device).
pub fn named(conn: &mut Conn, wanted: &[(&str, &str)]) -> Result<Vec<Inbox>> {
    let list = json_list(&wanted)?;
    let text = match conn {
        Conn::Sqlite(_) => format!(
            "SELECT d.user_id, d.device_id, {NEWEST} FROM json_each($1) wanted CROSS JOIN devices d
             WHERE d.user_id = json_extract(wanted.value, '$[0]') AND d.device_id = json_extract(wanted.value, '$[1]')"
        ),
        Conn::Pg(_) => format!(
            "SELECT d.user_id, d.device_id, {NEWEST} FROM json_array_elements($1::json) AS wanted(value)
             JOIN devices d ON d.user_id = wanted.value->>0 AND d.device_id = wanted.value->>1"
        ),
    };
    Ok(diesel::sql_query(text).bind::<Text, _>(list).load(conn)?)
}

/// The devices of these users, but no more than `most`.
pub fn all(conn: &mut Conn, users: &[&str], most: i64) -> Result<Vec<Inbox>> {
    let list = json_list(&users)?;
    let text = match conn {
        Conn::Sqlite(_) => format!(
            "SELECT d.user_id, d.device_id, {NEWEST} FROM json_each($1) wanted CROSS JOIN devices d
             WHERE d.user_id = wanted.value LIMIT $2"
        ),
        Conn::Pg(_) => format!(
            "SELECT d.user_id, d.device_id, {NEWEST} FROM json_array_elements_text($1::json) AS wanted(value)
             JOIN devices d ON d.user_id = wanted.value LIMIT $2"
        ),
    };
    Ok(diesel::sql_query(text).bind::<Text, _>(list).bind::<BigInt, _>(most).load(conn)?)
}

/// Adds messages, at most one for each device and position.
pub fn insert(tx: &mut Tx<'_>, rows: &[ToDeviceRow]) -> Result<()> {
    insert_all!(tx.conn(), to_device_messages::table, rows);
    Ok(())
}

/// The first messages that came for a device after a position and up to another, in order.
pub fn waiting(
    conn: &mut Conn,
    user_id: &str,
    device_id: &str,
    (after, upto): (i64, i64),
    most: i64,
) -> Result<Vec<ToDeviceRow>> {
    let query = to_device_messages::table
        .filter(to_device_messages::user_id.eq(user_id))
        .filter(to_device_messages::device_id.eq(device_id))
        .filter(to_device_messages::position.gt(after))
        .filter(to_device_messages::position.le(upto))
        .order(to_device_messages::position)
        .limit(most);
    Ok(query.select(ToDeviceRow::as_select()).load(conn)?)
}

/// The positions of the first and the last message that wait for a device.
pub fn span(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Option<(i64, i64)>> {
    macro_rules! position {
        ($order:ident) => {
            to_device_messages::table
                .filter(to_device_messages::user_id.eq(user_id))
                .filter(to_device_messages::device_id.eq(device_id))
                .order(to_device_messages::position.$order())
                .select(to_device_messages::position)
                .first(conn)
                .optional()?
        };
    }
    let first: Option<i64> = position!(asc);
    let Some(first) = first else { return Ok(None) };
    let last: Option<i64> = position!(desc);
    Ok(Some((first, last.unwrap_or(first))))
}

/// Deletes the messages of a device that have arrived: those up to a position.
pub fn acknowledge(tx: &mut Tx<'_>, user_id: &str, device_id: &str, upto: i64) -> Result<()> {
    let of_device = to_device_messages::table
        .filter(to_device_messages::user_id.eq(user_id))
        .filter(to_device_messages::device_id.eq(device_id));
    diesel::delete(of_device.filter(to_device_messages::position.le(upto))).execute(tx.conn())?;
    Ok(())
}

/// What waits for a device, by sender. Reads all of it but the contents.
pub fn shares(conn: &mut Conn, user_id: &str, device_id: &str) -> Result<Vec<Share>> {
    let query = diesel::sql_query(
        "SELECT sender, count(*) AS messages, CAST(sum(octet_length(content)) AS BIGINT) AS bytes
         FROM to_device_messages WHERE user_id = $1 AND device_id = $2 GROUP BY sender",
    );
    Ok(query.bind::<Text, _>(user_id).bind::<Text, _>(device_id).load(conn)?)
}

/// Deletes the oldest messages of these senders that wait for a device; gives how many there were.
pub fn drop_oldest(tx: &mut Tx<'_>, user_id: &str, device_id: &str, senders: &[&str], most: i64) -> Result<usize> {
    macro_rules! from_senders {
        () => {
            to_device_messages::table
                .filter(to_device_messages::user_id.eq(user_id))
                .filter(to_device_messages::device_id.eq(device_id))
                .filter(to_device_messages::sender.eq_any(senders))
        };
    }
    let oldest = from_senders!().order(to_device_messages::position).limit(most);
    let positions: Vec<i64> = oldest.select(to_device_messages::position).load(tx.conn())?;
    let Some(last) = positions.last() else { return Ok(0) };
    Ok(diesel::delete(from_senders!().filter(to_device_messages::position.le(last))).execute(tx.conn())?)
}

/// Notes that a device has made a request; false where it had made it before. The newest `keep` requests of a device are
/// remembered.
pub fn begin(
    tx: &mut Tx<'_>,
    (user_id, device_id): (&str, &str),
    (event_type, txn_id): (&str, &str),
    keep: i64,
) -> Result<bool> {
    use to_device_transactions as table;
    let same = table::table.find((user_id, device_id, txn_id, event_type));
    if same.select(table::number).get_result::<i64>(tx.conn()).optional()?.is_some() {
        return Ok(false);
    }
    let of_device = table::table.filter(table::user_id.eq(user_id)).filter(table::device_id.eq(device_id));
    let newest: Option<i64> =
        of_device.order(table::number.desc()).select(table::number).first(tx.conn()).optional()?;
    let number = newest.unwrap_or(0) + 1;
    let row = (
        table::user_id.eq(user_id),
        table::device_id.eq(device_id),
        table::txn_id.eq(txn_id),
        table::event_type.eq(event_type),
        table::number.eq(number),
    );
    diesel::insert_into(table::table).values(row).execute(tx.conn())?;
    let of_device = table::table.filter(table::user_id.eq(user_id)).filter(table::device_id.eq(device_id));
    diesel::delete(of_device.filter(table::number.le(number - keep))).execute(tx.conn())?;
    Ok(true)
}

/// A list as the JSON in which a query takes it.
pub(super) fn json_list(list: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(list).map_err(|error| Error::Corrupt(format!("a list cannot be written: {error}")))
}
