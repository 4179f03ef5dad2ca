package com.bytefreezer.connector.kit;

import java.util.Map;

/** What the connector delivers to under one fault; it knows which records have arrived. */
interface FarEnd extends AutoCloseable {
    /** A run of the connector has begun; {@code number} counts from 1. */
    void runBegins(int number, ConnectorRun connector);

    /** How often each record has arrived; what is still on its way is waited for, up to {@code all} records. */
    Map<Integer, Integer> taken(int all) throws InterruptedException;

    /** How often the fault came up. */
    int faults();

    /** What the records were looked for in, e.g. {@code request}. */
    String carrier();

    /** Whether any record was seen, taken or not. */
    boolean hasSeenRecords();

    @Override
    void close();
}
