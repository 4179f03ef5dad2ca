package com.bytefreezer.connector.lane;

import com.bytefreezer.connector.config.Lane;
import com.bytefreezer.connector.delivery.Batches;
import com.bytefreezer.connector.delivery.DatasetCheck;
import com.bytefreezer.connector.delivery.Deliveries;
import com.bytefreezer.connector.delivery.Unit;
import com.bytefreezer.connector.problem.StoppedException;
import java.util.Iterator;
import org.apache.camel.Body;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Variable;
import org.jspecify.annotations.Nullable;

/**
 * The steps of {@code routes/export.camel.yaml}, in the same order, for the lane of the exchange; see {@link Export}.
 * Safe for use by several threads.
 */
public final class LaneSteps {
    private static final String LANE = "lane";

    private final Exports exports;
    private final Deliveries deliveries;

    public LaneSteps(Exports exports, Deliveries deliveries) {
        this.exports = exports;
        this.deliveries = deliveries;
    }

    /** Describes the export to the following steps, as variables. */
    public void describe(Exchange exchange, @Variable(LANE) Lane lane) {
        exports.get(lane).describe(exchange);
    }

    /**
     * Begins a run: lists the dataset.
     *
     * @throws com.bytefreezer.connector.problem.ConnectorException also if the destination cannot take the dataset
     *     under its name
     */
    public void open(@Variable(LANE) Lane lane, @Body @Nullable Object access, CamelContext routes) {
        Export export = exports.get(lane);
        DatasetCheck.require(routes, export.definition());
        export.open(access);
    }

    /** Whether there is anything to {@link #discover}. */
    public boolean hasMore(@Variable(LANE) Lane lane) throws InterruptedException {
        return exports.get(lane).hasMore();
    }

    /** The next units. */
    public Iterator<Unit> discover(@Variable(LANE) Lane lane) {
        return exports.get(lane).discover();
    }

    /** The SQL that gives the unit's records. */
    public String statement(@Variable(LANE) Lane lane, @Body Unit unit, CamelContext routes) {
        return exports.get(lane).statement(unit, routes);
    }

    /** The unit's records, cut into batches while they are read. */
    public Batches batches(
            @Variable(LANE) Lane lane,
            @Body Iterator<Object[][]> rows,
            @Variable("unit") Unit unit,
            @Variable("batchSize") int batchSize) {
        return exports.get(lane).batches(rows, unit, batchSize);
    }

    /** Records the unit as delivered. */
    public void commit(
            @Variable(LANE) Lane lane,
            Exchange exchange,
            @Variable("unit") Unit unit,
            @Variable("statement") String statement)
            throws Exception {
        exports.get(lane).commit(exchange, unit, statement);
    }

    /** Ends a run: moves the watermark and logs the result. */
    public void finish(@Variable(LANE) Lane lane) throws StoppedException {
        exports.get(lane).finish();
    }

    /** Closes everything that the run has open. */
    public void close(@Variable(LANE) Lane lane) {
        deliveries.ended(lane);
        exports.get(lane).close();
    }
}
