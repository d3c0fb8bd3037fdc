//! Asking, accepting, removing: one action on each side.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::device::Device;
use crate::requests::encoded;
use crate::{Error, Result};

impl Device {
    /// Knocks on somebody's timeline for friends.
    ///
    /// # Errors
    /// The user has none, or the server refuses.
    pub async fn request(&mut self, user_id: &str, reason: &str) -> Result<()> {
        let (room_id, via) = self.timeline_of(user_id).await?;
        let via: Vec<String> = via.iter().map(|server| format!("via={0}&server_name={0}", encoded(server))).collect();
        let path = format!("v3/knock/{}?{}", encoded(&room_id), via.join("&"));
        self.server.post(&path, &json!({"reason": reason})).await?;
        self.asked.insert(user_id.to_owned());
        Ok(())
    }

    /// Lets somebody in who knocks: first the keys, then the invite.
    ///
    /// # Errors
    /// The user does not knock, or has no device that is vouched for; the server refuses.
    pub async fn accept(&mut self, user_id: &str) -> Result<usize> {
        let room_id = self.timeline.clone().ok_or_else(|| Error::wrong("no timeline"))?;
        if !self.knocks.contains(user_id) {
            return Err(Error::wrong(format!("{user_id} does not ask")));
        }
        let keys = self.let_in(&room_id, user_id).await?;
        self.asked.insert(user_id.to_owned());
        Ok(keys)
    }

    async fn let_in(&mut self, room_id: &str, user_id: &str) -> Result<usize> {
        let keys = self.share_history(room_id, user_id).await?;
        self.server.post(&format!("v3/rooms/{}/invite", encoded(room_id)), &json!({"user_id": user_id})).await?;
        Ok(keys)
    }

    /// Joins the timelines of those we asked, or accepted, as soon as they let us in, opens the keys they gave, and lets in
    /// whom we asked. Gives whose were joined.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn settle(&mut self, seconds: u64) -> Result<Vec<String>> {
        let (deadline, mut joined) = (Instant::now() + Duration::from_secs(seconds), Vec::new());
        loop {
            let mut invites = self.invites.clone();
            invites.retain(|_, inviter| self.asked.contains(inviter));
            for (room_id, inviter) in invites {
                self.server.post(&format!("v3/join/{}", encoded(&room_id)), &json!({})).await?;
                self.invites.remove(&room_id);
                self.wait_for_history(&room_id, &inviter, deadline).await?;
                if let Some(own) = self.timeline.clone() {
                    // Already in, or just now let in: the server says so, and nothing is lost.
                    let _ = self.let_in(&own, &inviter).await;
                }
                joined.push(inviter);
            }
            if !joined.is_empty() || Instant::now() > deadline {
                return Ok(joined);
            }
            self.sync(1_000).await?;
        }
    }

    /// The bundle may come a little later than the invite, or not at all.
    async fn wait_for_history(&mut self, room_id: &str, inviter: &str, deadline: Instant) -> Result<()> {
        while !self.bundles.contains_key(&(room_id.to_owned(), inviter.to_owned())) {
            if Instant::now() > deadline {
                return Ok(());
            }
            self.sync(500).await?;
        }
        self.open_history(room_id, inviter).await.map(|_| ())
    }

    /// Is no friend of somebody any more: they leave our timeline, we theirs.
    ///
    /// # Errors
    /// The server refuses.
    pub async fn remove(&mut self, user_id: &str) -> Result<()> {
        let own = self.timeline.clone().ok_or_else(|| Error::wrong("no timeline"))?;
        self.server.post(&format!("v3/rooms/{}/kick", encoded(&own)), &json!({"user_id": user_id})).await?;
        self.sessions.outbound.remove(&own);
        self.asked.remove(user_id);
        if let Ok((theirs, _)) = self.timeline_of(user_id).await {
            let _ = self.server.post(&format!("v3/rooms/{}/leave", encoded(&theirs)), &json!({})).await;
        }
        Ok(())
    }

    /// Who knocks on our timeline.
    pub fn knocking(&self) -> impl Iterator<Item = &str> {
        self.knocks.iter().map(String::as_str)
    }
}
