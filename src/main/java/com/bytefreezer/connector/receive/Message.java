package com.bytefreezer.connector.receive;

/**
 * A message with any number of events, which are stored together and once.
 *
 * @param id by which its server would send it again; unique in the dataset
 * @param body as it was sent
 */
public record Message(String id, byte[] body) {}
