//! One request on its way, and what happens to it.

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use super::{
    Inner, alter,
    fault::{Fault, is_of_synapse},
    locked,
    message::Message,
    tls::Answering,
};

/// The longest delay, in milliseconds.
const LATE: u64 = 1_500;
/// How long what is to be overtaken waits for that.
const OVERTAKING: Duration = Duration::from_secs(3);
/// How often a dead server is asked in the name of Synapse, and how long after each time.
const INSISTENCE: (usize, Duration) = (200, Duration::from_millis(100));

/// What is said by those who refuse.
const REFUSALS: [(u16, &str); 5] = [
    (500, r#"{"errcode":"M_UNKNOWN","error":"a fault"}"#),
    (502, "<html><body>Bad Gateway</body></html>"),
    (503, ""),
    (504, "[]"),
    (429, r#"{"errcode":"M_LIMIT_EXCEEDED","error":"a fault","retry_after_ms":300}"#),
];

impl Inner {
    /// Passes on the requests of one connection.
    pub(super) fn serve(self: &Arc<Self>, stream: TcpStream) -> io::Result<()> {
        let mut stream = self.tls.accept(stream)?;
        while let Some(request) = Message::read(&mut stream)? {
            if !self.pass(request, stream.get_mut())? {
                break;
            }
        }
        Ok(())
    }

    /// Passes on one request. False if the connection is to end.
    fn pass(self: &Arc<Self>, mut request: Message, asker: &mut impl Write) -> io::Result<bool> {
        let fault = self.fault(&request);
        match fault {
            Fault::Slow => self.dawdle(),
            Fault::Overtaken => {
                let inner = self.clone();
                thread::spawn(move || inner.deliver_late(&request));
                return self.refuse(asker);
            }
            Fault::Twice => drop(self.forward(&request)?),
            Fault::Lost => return Ok(false),
            Fault::Cut => {
                request.write_half(self.connect()?.get_mut())?;
                return Ok(false);
            }
            Fault::Refused => return self.refuse(asker),
            Fault::Altered => alter::request(&mut request, &mut locked(&self.chance)),
            _ => {}
        }
        let answer = self.forward(&request)?;
        self.give(fault, answer, asker)
    }

    /// Gives the answer to who asked. False if the connection is to end.
    fn give(&self, fault: Fault, mut answer: Message, asker: &mut impl Write) -> io::Result<bool> {
        match fault {
            Fault::SlowAnswer => self.dawdle(),
            Fault::AnswerLost => return Ok(false),
            Fault::AnswerCut => {
                answer.write_half(asker)?;
                return Ok(false);
            }
            Fault::Denied => return self.refuse(asker),
            Fault::AnswerAltered => alter::letter(&mut answer.body, &mut locked(&self.chance)),
            Fault::Garbled => answer.body = b"\xff{\"pdus\":".to_vec(),
            Fault::Mistaken => answer.body = br#"{"server":{"name":"Another","version":"1"}}"#.to_vec(),
            _ => {}
        }
        answer.write(asker)?;
        Ok(true)
    }

    /// The server's answer. Who asks for Synapse waits until a server that has died is back.
    fn forward(&self, request: &Message) -> io::Result<Message> {
        let (mut tries, pause) = if is_of_synapse(request) { INSISTENCE } else { (1, Duration::ZERO) };
        loop {
            let outcome = self.forward_once(request);
            tries -= 1;
            if outcome.is_ok() || tries == 0 {
                return outcome;
            }
            thread::sleep(pause);
        }
    }

    fn forward_once(&self, request: &Message) -> io::Result<Message> {
        let mut server = self.connect()?;
        request.write(server.get_mut())?;
        let answer = Message::read(&mut server)?.ok_or(io::ErrorKind::UnexpectedEof)?;
        *locked(&self.answered) += 1;
        self.more_answered.notify_all();
        Ok(answer)
    }

    fn connect(&self) -> io::Result<Answering> {
        let server = *locked(&self.server);
        self.tls.connect(server.ok_or(io::ErrorKind::ConnectionRefused)?)
    }

    /// Brings a request after another one that comes later.
    fn deliver_late(&self, request: &Message) {
        let answered = locked(&self.answered);
        let before = *answered;
        drop(self.more_answered.wait_timeout_while(answered, OVERTAKING, |answered| *answered == before));
        // Whoever sent it takes it for lost anyhow.
        let _nobody_waits = self.forward(request);
    }

    fn refuse(&self, asker: &mut impl Write) -> io::Result<bool> {
        let which = locked(&self.chance).among(0..REFUSALS.len() as u64) as usize;
        let (status, body) = REFUSALS[which];
        Message::answer(status, body).write(asker)?;
        Ok(true)
    }

    fn dawdle(&self) {
        let pause = locked(&self.chance).among(100..LATE);
        thread::sleep(Duration::from_millis(pause));
    }
}
