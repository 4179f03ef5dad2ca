package com.bytefreezer.connector.kit;

import java.util.Map;

/** The receiver under one fault; it knows which records have arrived. */
interface FarEnd extends AutoCloseable {
    /** A run of the connector has started; {@code number} counts from 1. */
    void runBegins(int number, ConnectorRun connector);

    /** How often each record has arrived; waits for records in transit, up to {@code all} records. */
    Map<Integer, Integer> taken(int all) throws InterruptedException;

    /** How often the fault occurred. */
    int faults();

    /** What was searched for records, e.g. {@code request}. */
    String carrier();

    /** Whether any record was seen, accepted or not. */
    boolean hasSeenRecords();

    @Override
    void close();
}
