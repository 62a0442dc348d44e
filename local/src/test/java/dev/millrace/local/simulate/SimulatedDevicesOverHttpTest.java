package dev.millrace.local.simulate;

import dev.millrace.local.simulate.StandIn.Judge;

class SimulatedDevicesOverHttpTest extends SimulatedDevicesContract {

    @Override
    String scheme() {
        return "http";
    }

    @Override
    StandIn listen(int port, Judge judge) {
        return new HttpStandIn(vertx, port, judge);
    }
}
