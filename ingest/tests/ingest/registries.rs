//! Enrolment and revocation.

use waymark_datasets::Store;
use waymark_ingest::{DeviceKey, Error, registry};

use crate::world::PAYOUT;

#[tokio::test]
async fn a_device_belongs_to_one_driver_for_good() {
    let store = Store::open("memory://").unwrap();
    let (ana, ben) = ("ana".parse().unwrap(), "ben".parse().unwrap());
    let key = DeviceKey::from_seed(&[1; 32]).unwrap();
    let payout = PAYOUT.parse().unwrap();
    assert_eq!(registry::device(&store, key.device_id()).await.unwrap(), None);
    registry::enrol(&store, &ana, key.device_id(), payout).await.unwrap();
    registry::enrol(&store, &ana, key.device_id(), payout).await.unwrap();
    let taken = registry::enrol(&store, &ben, key.device_id(), payout).await.unwrap_err();
    assert!(matches!(taken, Error::DeviceTaken { driver, .. } if driver == ana));
    let record = registry::device(&store, key.device_id()).await.unwrap().unwrap();
    assert_eq!((record.driver, record.revoked_at_ms), (ana.clone(), None));
    assert_eq!(registry::driver(&store, &ana).await.unwrap().unwrap().payout, payout);
}

#[tokio::test]
async fn a_payout_address_changes_on_purpose_only() {
    let store = Store::open("memory://").unwrap();
    let ana = "ana".parse().unwrap();
    let key = DeviceKey::from_seed(&[1; 32]).unwrap();
    let other = "0x8617E340B3D01FA5F11F306F4090FD50E238070D".parse().unwrap();
    assert!(matches!(registry::set_payout(&store, &ana, other).await, Err(Error::DriverUnknown(_))));
    registry::enrol(&store, &ana, key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let differs = registry::enrol(&store, &ana, key.device_id(), other).await.unwrap_err();
    assert!(matches!(differs, Error::PayoutDiffers(_)));
    registry::set_payout(&store, &ana, other).await.unwrap();
    assert_eq!(registry::driver(&store, &ana).await.unwrap().unwrap().payout, other);
}

#[tokio::test]
async fn an_earlier_revocation_stands_and_enrolling_again_does_not_lift_it() {
    let store = Store::open("memory://").unwrap();
    let ana = "ana".parse().unwrap();
    let key = DeviceKey::from_seed(&[1; 32]).unwrap();
    let at = |ms: i64| ms.try_into().unwrap();
    assert!(matches!(registry::revoke(&store, key.device_id(), at(5)).await, Err(Error::DeviceUnknown(_))));
    registry::enrol(&store, &ana, key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    registry::revoke(&store, key.device_id(), at(5_000)).await.unwrap();
    registry::revoke(&store, key.device_id(), at(9_000)).await.unwrap();
    registry::enrol(&store, &ana, key.device_id(), PAYOUT.parse().unwrap()).await.unwrap();
    let record = registry::device(&store, key.device_id()).await.unwrap().unwrap();
    assert_eq!(record.revoked_at_ms, Some(at(5_000)));
    assert!(!record.is_revoked(at(4_999)) && record.is_revoked(at(5_000)));
}

#[tokio::test]
async fn a_damaged_record_is_our_fault_and_not_an_unknown_device() {
    let store = Store::open("memory://").unwrap();
    let key = DeviceKey::from_seed(&[1; 32]).unwrap();
    store.put(&format!("registry/devices/{}.json", key.device_id()), "{}".into()).await.unwrap();
    assert!(matches!(registry::device(&store, key.device_id()).await, Err(Error::Damaged { .. })));
}
