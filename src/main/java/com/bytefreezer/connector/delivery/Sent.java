package com.bytefreezer.connector.delivery;

import java.util.Map;

/**
 * One request, message or file content that a destination makes of a batch. A bean in a route {@code preview-<name>} returns
 * one or a list of them.
 *
 * @param method what the destination does with it, such as {@code PRODUCE} or {@code WRITE}
 * @param url where it goes
 */
public record Sent(String method, String url, Map<String, String> headers, byte[] body) {}
