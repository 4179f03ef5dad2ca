package com.bytefreezer.connector.input.queue;

import com.bytefreezer.connector.receive.Message;

/**
 * A message that the server sends again unless it is acknowledged.
 *
 * @param receipt by which the server knows this delivery of it
 */
record Fetched(Message message, String receipt) {}
