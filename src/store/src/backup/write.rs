//! Writing a backup.

use std::io::Write;

use diesel::{connection::DefaultLoadingMode, pg::PgRowByRowLoadingMode, prelude::*, sql_types::Text};

use crate::{
    Conn, Error, Result, Target,
    backup::{
        Attachment, ContentFiles, Header, catalog, content_files,
        format::{self, Line, Part, PartSum, write_line},
    },
    connection::Role,
    meta, migrate,
    schema::clock,
};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    line: String,
}

/// Writes the database and the files that belong to it to `out`, with the contents that `files` has, from one snapshot;
/// the server may go on meanwhile. Blocks. `out` is flushed, but syncing it is the caller's.
///
/// # Errors
/// A database that has never been used or cannot be read, and whatever `out` says.
pub fn write(
    target: &Target,
    attachments: &[Attachment],
    files: &dyn ContentFiles,
    out: &mut impl Write,
) -> Result<Header> {
    if let Target::Sqlite(path) = target
        && !path.exists()
    {
        return Err(Error::Refused(format!("there is no database at {}", path.display())));
    }
    write_from(&mut Conn::open(target, Role::Reader)?, attachments, files, out)
}

pub(super) fn write_from(
    conn: &mut Conn,
    attachments: &[Attachment],
    files: &dyn ContentFiles,
    out: &mut impl Write,
) -> Result<Header> {
    conn.be_patient()?;
    conn.snapshot(|conn| {
        let header = header(conn)?;
        let line = Line::Header(header.clone()).text()?;
        write_line(out, &line)?;
        let mut parts = Vec::new();
        for file in attachments {
            parts.push(write_file(file, out)?);
        }
        for table in catalog::tables(conn)? {
            parts.push(write_table(conn, &table, out)?);
        }
        let mut sum = begin(&Line::Contents { contents: "sha256".to_owned() }, out)?;
        content_files::write_all(conn, files, out, |line| sum.row(line))?;
        parts.push(sum.finish());
        write_line(out, &Line::Manifest { header: format::sha256(&line), parts }.text()?)?;
        out.flush()?;
        Ok(header)
    })
}

fn header(conn: &mut Conn) -> Result<Header> {
    let unused = || Error::Refused("the database has never been used".into());
    Ok(Header {
        peerbrain_backup: format::VERSION,
        server_name: meta::get(conn, "server_name")?.ok_or_else(unused)?,
        database: if matches!(conn, Conn::Sqlite(_)) { "sqlite" } else { "postgres" }.to_owned(),
        step: migrate::newest_step(conn)?.to_owned(),
        position: clock::table.find(1).select(clock::position).get_result(conn)?,
    })
}

fn write_file(file: &Attachment, out: &mut impl Write) -> Result<Part> {
    let text = serde_json::to_string(&[&file.text]).map_err(|error| Error::Corrupt(error.to_string()))?;
    let mut sum = begin(&Line::File { file: file.name.clone() }, out)?;
    sum.row(&text);
    write_line(out, &text)?;
    Ok(sum.finish())
}

fn write_table(conn: &mut Conn, table: &catalog::Table, out: &mut impl Write) -> Result<Part> {
    let columns = table.columns.iter().map(|column| column.name.clone()).collect();
    let mut sum = begin(&Line::Table { table: table.name.clone(), columns }, out)?;
    let mut take = |row: QueryResult<Row>| -> Result<()> {
        let line = row?.line;
        sum.row(&line);
        write_line(out, &line)
    };
    match conn {
        Conn::Sqlite(c) => {
            let rows = diesel::sql_query(table.select(true)).load_iter::<Row, DefaultLoadingMode>(c)?;
            rows.into_iter().try_for_each(&mut take)?;
        }
        Conn::Pg(c) => {
            // Row by row: by default all rows of a table would come into memory first.
            let rows = diesel::sql_query(table.select(false)).load_iter::<Row, PgRowByRowLoadingMode>(c)?;
            rows.into_iter().try_for_each(&mut take)?;
        }
    }
    Ok(sum.finish())
}

fn begin(line: &Line, out: &mut impl Write) -> Result<PartSum> {
    let text = line.text()?;
    write_line(out, &text)?;
    Ok(PartSum::begin(line.part_name().unwrap_or_default(), &text))
}
