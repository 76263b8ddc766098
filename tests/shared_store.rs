//! Two devices, as two processes, that register at the same moment and keep their secrets in one store:
//! both log in with what they find there after a restart.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::time::Duration;
use std::{env, thread};

use linkkit_sim::toolchain::{Abi, Linkage};
use linkkit_sim::{Cloud, Config};
use support::{Firmware, Run, run_without_cloud};

/// How often; `scripts/attack.sh` asks for more.
fn rounds() -> u64 {
    const USUAL: u64 = 10;
    env::var("ATTACK_ROUNDS").map_or(USUAL, |rounds| rounds.parse().unwrap())
}

/// The longest that the second device starts after the first, in milliseconds.
const OFFSET_MAX: u64 = 100;

fn boot(cloud: &Cloud, firmware: &Firmware, name: &str) -> Run {
    let mut command = firmware.command();
    command.arg(name).current_dir(&firmware.storage).envs(cloud.redirect_env());
    run_without_cloud(command, &[])
}

#[track_caller]
fn both_keep_their_secrets(abi: Abi) {
    let mut config = Config::default();
    config.products.first_mut().unwrap().any_device = true;
    let cloud = Cloud::start(&config).unwrap();
    let built = Firmware::of_release("tests/c/registration.c", abi, Linkage::Static);
    let rounds = rounds();
    for round in 0..rounds {
        let firmware = built.on_another_device();
        let [first, second] = ["first", "second"].map(|which| format!("{which}_{round}"));
        let offset = Duration::from_millis(OFFSET_MAX * round / rounds.max(2).saturating_sub(1));
        thread::scope(|scope| {
            let registers = |name| {
                let (cloud, firmware) = (&cloud, &firmware);
                scope.spawn(move || boot(cloud, firmware, name).succeeded())
            };
            let earlier = registers(&first);
            thread::sleep(offset);
            let later = registers(&second);
            earlier.join().unwrap();
            later.join().unwrap();
        });
        for name in [&first, &second] {
            boot(&cloud, &firmware, name).succeeded().says("Get DeviceSecret from KV succeed");
        }
    }
    println!("release {}: both logged in after {rounds} rounds", abi.number());
}

#[test]
fn two_devices_of_release_2_2_keep_their_secrets() {
    both_keep_their_secrets(Abi::V2_2);
}

#[test]
fn two_devices_of_release_2_3_keep_their_secrets() {
    both_keep_their_secrets(Abi::V2_3);
}
