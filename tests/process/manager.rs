//! What a service manager is told: when the process is ready, and how long its stop may take.

use std::os::unix::net::UnixDatagram;

use crate::support::{LIMIT, Scene, assert_success};

#[test]
fn it_hears_that_a_process_is_ready_and_how_long_its_stop_may_take() {
    for arguments in ["serve", "worker"] {
        let scene = Scene::new();
        let socket = scene.path("notify");
        let manager = UnixDatagram::bind(&socket).unwrap();
        manager.set_read_timeout(Some(LIMIT)).unwrap();
        let told = || {
            let mut message = [0; 256];
            let length = manager.recv(&mut message).unwrap();
            String::from_utf8(message[..length].to_vec()).unwrap()
        };
        let environment = [("NOTIFY_SOCKET", socket.as_os_str()), ("SHUTDOWN_TIMEOUT", "2h".as_ref())];
        let process = match arguments {
            "serve" => scene.spawn(&environment),
            _ => scene.spawn_worker(&environment),
        };
        assert_eq!(told(), "READY=1\n", "{arguments}");
        process.terminate();
        // Two hours and what the end of the process takes.
        assert_eq!(told(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=7215000000\n", "{arguments}");
        assert_success(process.ended().status);
    }
}
