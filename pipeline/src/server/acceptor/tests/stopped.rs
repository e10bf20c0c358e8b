//! A program that is stopped for a while: Ctrl-Z, a debugger, a virtual machine that is moved.

use std::io::Write as _;
use std::sync::mpsc::RecvTimeoutError;

use super::*;

#[tokio::test]
async fn a_program_that_was_stopped_again_and_again_blames_no_robot() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let addr = served.addr;
    let (stop, stopped) = mpsc::channel::<()>();
    let robot = std::thread::spawn(move || {
        let mut robot = std::net::TcpStream::connect(addr).unwrap();
        while stopped.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            robot.write_all(FRAME).unwrap();
        }
    });
    assert_eq!(served.next().await, said("connected", 1));
    let mut newcomer = served.dial().await;
    newcomer.write_all(FRAME).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    for pause in [5, 110] {
        // The server is on this thread.
        std::thread::sleep(STALLED);
        sleep(Duration::from_millis(pause)).await;
    }
    sleep(Duration::from_millis(200)).await;
    assert!(served.events.try_recv().is_err());
    drop(stop);
    assert_eq!([served.next().await, served.next().await], [said("HangUp", 1), said("connected", 2)]);
    robot.join().unwrap();
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test]
async fn one_who_comes_when_a_program_goes_on_displaces_no_robot_for_the_time_before() {
    let served = Served::start(1, Policy::NewestWins, Once::Never).await;
    let decoder = served.decode();
    let mut robot = served.dial().await;
    robot.write_all(FRAME).await.unwrap();
    assert_eq!(served.next().await, said("connected", 1));
    sleep(Duration::from_millis(300)).await;
    std::thread::sleep(STALLED);
    let mut newcomer = served.dial().await;
    newcomer.write_all(FRAME).await.unwrap();
    robot_1_leaves_by_itself(&served, &mut robot).await;
    served.close().await;
    decoder.await.unwrap();
}
