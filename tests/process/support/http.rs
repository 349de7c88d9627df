//! As little HTTP as tells an answer that came whole from one that was cut off, and from none.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use super::LIMIT;

/// One keep-alive connection.
pub struct Connection {
    stream: BufReader<TcpStream>,
}

/// A whole answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    /// The server will close the connection.
    pub last: bool,
    /// Seconds until another try is worth while.
    pub retry_after: Option<u32>,
}

/// Why there is no whole answer.
#[derive(Debug)]
pub enum Broken {
    /// The connection ended before the first byte of one.
    Unanswered,
    /// It ended inside one.
    CutOff,
}

impl Connection {
    pub fn open(address: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(LIMIT))?;
        stream.set_nodelay(true)?;
        Ok(Connection { stream: BufReader::new(stream) })
    }

    pub fn get(&mut self, path: &str, token: Option<&str>) -> Result<Answer, Broken> {
        let authorization = token.map_or_else(String::new, |token| format!("authorization: Bearer {token}\r\n"));
        self.send(&format!("GET {path} HTTP/1.1\r\nhost: test\r\n{authorization}\r\n"))?;
        self.receive()
    }

    /// `POST /users`.
    pub fn sign_up(&mut self, email: &str) -> Result<Answer, Broken> {
        let body = user(email);
        self.send(&format!("{}\r\n{body}", sign_up_head(&body)))?;
        self.receive()
    }

    pub fn post(&mut self, path: &str, token: &str, body: &str) -> Result<Answer, Broken> {
        let length = body.len();
        self.send(&format!(
            "POST {path} HTTP/1.1\r\nhost: test\r\nauthorization: Bearer {token}\r\ncontent-type: application/json\r\n\
             content-length: {length}\r\n\r\n{body}"
        ))?;
        self.receive()
    }

    pub fn send(&mut self, text: &str) -> Result<(), Broken> {
        self.stream.get_mut().write_all(text.as_bytes()).map_err(|_| Broken::Unanswered)
    }

    pub fn receive(&mut self) -> Result<Answer, Broken> {
        let mut first = String::new();
        match self.stream.read_line(&mut first) {
            Ok(0) => return Err(Broken::Unanswered),
            Err(_) if first.is_empty() => return Err(Broken::Unanswered),
            Err(_) => return Err(Broken::CutOff),
            Ok(_) => {}
        }
        self.rest(&first).ok_or(Broken::CutOff)
    }

    fn rest(&mut self, first: &str) -> Option<Answer> {
        let status = first.split(' ').nth(1)?.parse().ok()?;
        let (mut length, mut last, mut retry_after) = (0, false, None);
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).ok().filter(|read| *read > 0)?;
            match line.trim_end().split_once(": ") {
                None => break,
                Some(("content-length", value)) => length = value.parse().ok()?,
                Some(("retry-after", value)) => retry_after = Some(value.parse().ok()?),
                Some(("connection", value)) => last = value == "close",
                Some(_) => {}
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).ok()?;
        Some(Answer { status, body, last, retry_after })
    }
}

/// The body of a sign-up.
pub fn user(email: &str) -> String {
    format!(r#"{{"email":"{email}","age":25,"name":"Taro"}}"#)
}

/// The head of a sign-up with this body, without the empty line that ends it.
pub fn sign_up_head(body: &str) -> String {
    let length = body.len();
    format!("POST /users HTTP/1.1\r\nhost: test\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n")
}
