//! An event together with what it builds on.

use std::time::Duration;

use events::VerifiedPdu;
use futures_util::future::join_all;
use rooms::{Missing, Received};
use ruma::{RoomId, ServerName, room_version_rules::RoomVersionRules};
use tokio::time::timeout;

use crate::{
    Error, Result,
    history::{Asked, History, Told, state::is_in_part},
};

/// How long one server is asked about one event.
const LONGEST: Duration = Duration::from_secs(60);

/// How many events of a gap get help of their own, such as the state before them: there may be several branches.
const HELPED: usize = 6;

impl History {
    /// Takes an event into its room together with what it builds on. Servers are asked for that, one after the other; the
    /// event is still missing something if none could help.
    ///
    /// # Errors
    /// What our own rooms say.
    pub async fn complete(
        &self,
        room_id: &RoomId,
        rules: &'static RoomVersionRules,
        origin: &ServerName,
        pdu: &VerifiedPdu,
    ) -> Result<Received> {
        let mut missing = match self.rooms().receive(room_id, pdu.clone()).await? {
            Received::Missing(missing) => missing,
            placed => return Ok(placed),
        };
        // Whose event it is made it on what it has; who only passes it on may lack that.
        let servers = self.servers(room_id, &[pdu.sender().server_name(), origin]).await?;
        for told in [Told::Whole, Told::InPart] {
            let mut in_part = false;
            for server in &servers {
                let asked = Asked { room_id, rules, server, told };
                match timeout(LONGEST, self.complete_from(asked, pdu, &missing)).await {
                    Ok(Ok(Received::Missing(still))) => missing = still,
                    Ok(Ok(placed)) => return Ok(placed),
                    Ok(Err(error)) if error.is_ours() => return Err(error),
                    Ok(Err(error)) => {
                        in_part |= is_in_part(&error);
                        note(server, room_id, pdu, &error);
                    }
                    Err(late) => note(server, room_id, pdu, &late),
                }
            }
            // Only if somebody has nearly all of it, that is asked for.
            if !in_part {
                break;
            }
        }
        Ok(Received::Missing(missing))
    }

    /// The same with the help of one server.
    async fn complete_from(&self, asked: Asked<'_>, pdu: &VerifiedPdu, missing: &Missing) -> Result<Received> {
        if !missing.prev_events.is_empty() {
            let before = self.gap(asked, pdu).await?;
            self.receive_gap(asked, &before).await?;
        }
        match self.receive_again(asked, pdu).await? {
            Received::Missing(Missing { prev_events, .. }) if !prev_events.is_empty() => {
                self.receive_with_state(asked, pdu).await
            }
            received => Ok(received),
        }
    }

    /// Takes the events of a gap in, as far as that goes. Whether it was enough shows by the event behind it.
    async fn receive_gap(&self, asked: Asked<'_>, events: &[VerifiedPdu]) -> Result<()> {
        let receive = |event: &VerifiedPdu| self.receive_of(asked.server, asked.room_id, event.clone());
        let received = join_all(events.iter().map(receive)).await;
        let left = events.iter().zip(received).filter(|(_, one)| matches!(one, Ok(Received::Missing(_))));
        let mut helped = HELPED;
        for (event, _) in left {
            let missing = match receive(event).await.map_err(Error::from) {
                Ok(Received::Missing(missing)) => missing,
                Err(error) if error.is_ours() => return Err(error),
                _ => continue,
            };
            if helped == 0 {
                break;
            }
            helped -= 1;
            let outcome = match missing.prev_events.is_empty() {
                true => self.receive_again(asked, event).await,
                false => self.receive_with_state(asked, event).await,
            };
            match outcome {
                Err(error) if error.is_ours() => return Err(error),
                Err(error) => note(asked.server, asked.room_id, event, &error),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    /// Takes an event in, having fetched what allowed it.
    async fn receive_again(&self, asked: Asked<'_>, pdu: &VerifiedPdu) -> Result<Received> {
        let received = self.rooms().receive(asked.room_id, pdu.clone()).await?;
        match &received {
            Received::Missing(missing) if !missing.auth_events.is_empty() => {}
            _ => return Ok(received),
        }
        self.fetch_auth_events(asked, pdu).await?;
        Ok(self.rooms().receive(asked.room_id, pdu.clone()).await?)
    }

    /// Takes an event in whose past stays away, by the state before it.
    async fn receive_with_state(&self, asked: Asked<'_>, pdu: &VerifiedPdu) -> Result<Received> {
        let state = self.state_before(asked, pdu).await?;
        Ok(self.rooms().receive_at(asked.room_id, pdu.clone(), state).await?)
    }
}

fn note(server: &ServerName, room_id: &RoomId, pdu: &VerifiedPdu, error: &dyn std::fmt::Display) {
    tracing::info!(%server, %room_id, event_id = %pdu.event_id(), %error, "what an event builds on could not be had");
}
