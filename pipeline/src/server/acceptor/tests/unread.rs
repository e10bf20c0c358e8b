//! A server whose events nobody reads for a while.

use super::*;

#[tokio::test]
async fn a_robot_that_could_not_be_heard_has_as_much_time_as_one_that_has_just_sent() {
    let (served, reader) = Served::start_unread(1).await;
    let decoder = served.decode();
    let mut robot = served.dial().await;
    robot.write_all(FRAME).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    served.fill();
    robot.write_all(FRAME).await.unwrap();
    sleep(STALLED).await;
    let mut newcomer = served.dial().await;
    newcomer.write_all(FRAME).await.unwrap();
    drop(reader);
    assert_eq!(served.next().await, said("connected", 1));
    robot_1_leaves_by_itself(&served, &mut robot).await;
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test]
async fn nobody_is_refused_for_the_time_in_which_nothing_can_be_reported() {
    let (served, reader) = Served::start_unread(1).await;
    let decoder = served.decode();
    let _silent = served.dial().await;
    let mut newcomer = served.dial().await;
    sleep(Duration::from_millis(100)).await;
    served.fill();
    // Longer than anybody may wait for a place.
    sleep(Duration::from_secs(11)).await;
    drop(reader);
    newcomer.write_all(FRAME).await.unwrap();
    let events = [served.next().await, served.next().await, served.next().await];
    assert_eq!(events, [said("connected", 1), said("Timeout", 1), said("connected", 2)]);
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_nothing_may_be_lost_no_robot_sends_more_than_can_be_written() {
    let (served, reader) = Served::start_unread(2).await;
    let mut robot = served.dial().await;
    robot.write_all(&CUT.repeat(250)).await.unwrap();
    // One more comes and goes, again and again.
    for _ in 0..50 {
        served.dial().await.write_all(&CUT.repeat(3)).await.unwrap();
    }
    sleep(Duration::from_millis(300)).await;
    let waiting = served.robots.sinks.waiting();
    assert!((1..30).contains(&waiting), "{waiting} lines wait");
    drop(reader);
    while served.robots.sinks.waiting() > 0 {
        sleep(Duration::from_millis(5)).await;
    }
    served.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_end_waits_for_no_robot_that_came_while_nothing_could_be_written() {
    let (mut served, _reader) = Served::start_unread(2).await;
    let mut robot = served.dial().await;
    robot.write_all(&CUT.repeat(250)).await.unwrap();
    sleep(Duration::from_millis(300)).await;
    assert!(!served.robots.sinks.have_room());
    let mut late = served.dial().await;
    late.write_all(&FRAME.repeat(9)).await.unwrap();
    sleep(Duration::from_millis(100)).await;
    // As the pipeline's end does; nobody decodes.
    served.robots.sinks.release();
    served.stop.send(true).unwrap();
    timeout(Duration::from_secs(20), &mut served.serving).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn nobody_has_a_place_who_cannot_be_reported_yet() {
    let (served, reader) = Served::start_unread(1).await;
    let decoder = served.decode();
    served.fill();
    let (mut late, mut later) = (served.dial().await, served.dial().await);
    late.write_all(&[FRAME, &[0; 4]].concat()).await.unwrap();
    later.write_all(FRAME).await.unwrap();
    // Longer than the second would wait for the place, did the first have it.
    sleep(Duration::from_secs(3)).await;
    drop(reader);
    assert_eq!([served.next().await, served.next().await], [said("connected", 1), said("EndOfStream", 1)]);
    assert_eq!(served.next().await, said("connected", 2));
    served.close().await;
    decoder.await.unwrap();
}

#[tokio::test]
async fn a_result_that_everybody_waits_for_is_named() {
    let (served, reader) = Served::start_unread(1).await;
    sleep(Duration::from_millis(100)).await;
    assert_eq!(served.robots.sinks.waited_for(), None);
    served.fill();
    // Two looks, a second apart.
    sleep(Duration::from_millis(2500)).await;
    drop(reader);
    let named =
        || served.events.try_iter().any(|event| matches!(event, Event::SinkStalled { sink: "events", loses: false }));
    timeout(Duration::from_secs(20), async {
        while !named() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("it is said");
    served.close().await;
}

/// One of many that lie behind each other without a length, each cut off by the next.
const CUT: &[u8] = b"\xFF\xD8\xFF\xE0\0\x10JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
