//! What firmware does around and inside its handlers; each test is a scenario of `callbacks.c`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::process::Command;
use std::thread;

use linkkit_sim::Cloud;
use linkkit_sim::trace::Event;
use support::{Firmware, run, start_cloud, wait_for};

fn play(scenario: &str) -> Cloud {
    play_by(Firmware::command, scenario)
}

fn play_by(command: fn(&Firmware) -> Command, scenario: &str) -> Cloud {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/callbacks.c"));
    let mut command = command(&firmware);
    command.arg(scenario);
    run(command, &cloud, &[]).succeeded();
    cloud
}

#[test]
fn a_message_may_be_published_inside_a_handler() {
    play("publish_inside");
}

#[test]
fn clients_live_side_by_side() {
    play("side_by_side");
}

#[test]
fn a_subscription_can_be_waited_for() {
    play("subscribe_sync");
}

#[test]
fn a_message_without_a_handler_is_an_event() {
    play("unmatched");
}

#[test]
fn the_byte_behind_a_payload_may_be_written() {
    play("write_behind");
    play_by(Firmware::valgrind, "write_behind");
}

#[test]
fn what_was_never_subscribed_can_be_unsubscribed() {
    let cloud = play("unsubscribe_unknown");
    wait_for(&cloud, |entry| matches!(entry.event, Event::Unsubscribe { .. }));
}

#[test]
fn a_message_larger_than_the_buffer_is_told_and_the_next_one_comes() {
    play("oversized");
}

#[test]
fn a_client_may_be_destroyed_inside_its_handler() {
    play("destroy_inside");
}

#[test]
fn a_message_before_the_end_of_its_subscription_goes_to_its_handler() {
    (0..3).for_each(|_| drop(play("unsubscribe_at_once")));
}

#[test]
fn a_message_larger_than_the_write_buffer_is_sent() {
    play("larger_than_write_buf");
}

#[test]
fn handlers_that_yield_in_a_flood_do_not_use_up_the_stack() {
    play("flood");
}

#[test]
fn the_console_may_call_the_library() {
    let (cloud, firmware) = (start_cloud(), Firmware::debug("tests/c/chatty_console.c"));
    thread::scope(|scope| {
        scope.spawn(|| {
            wait_for(
                &cloud,
                |entry| matches!(&entry.event, Event::Publish { payload, .. } if payload == "cut me off"),
            );
            assert!(cloud.kick("a1ExpAkj9Hi", "Example_dev1"));
        });
        run(firmware.command(), &cloud, &[]).succeeded();
    });
}
