package com.bytefreezer.connector.delivery;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;

/** Sets the HTTP headers and the URL from settings; done here so that no secret is in an endpoint's URI. */
public final class RequestHeaders implements Processor {
    private DatasetText url = new DatasetText("", DatasetText::inUrl);
    private DatasetText lines = new DatasetText("", DatasetText::inHeader);
    private String scheme = "Bearer";
    private String token = "";
    private String username = "";
    private String password = "";

    /**
     * Sets the URL of the request, which may contain {@code {tenant}} and {@code {dataset}}; empty: the endpoint or an
     * earlier step decides.
     */
    public void setUrl(String url) {
        this.url = new DatasetText(url, DatasetText::inUrl);
    }

    /** Sets further headers, one {@code Name: value} per line; they override all others. */
    public void setLines(String lines) {
        this.lines = new DatasetText(lines, DatasetText::inHeader);
    }

    /** Sets the word before the token. */
    public void setScheme(String scheme) {
        this.scheme = scheme;
    }

    /** Sets the token. */
    public void setToken(String token) {
        this.token = token;
    }

    /** Sets the name for basic authentication, which replaces a token. */
    public void setUsername(String username) {
        this.username = username;
    }

    public void setPassword(String password) {
        this.password = password;
    }

    /** The value of {@code Authorization} for basic authentication. */
    public static String basic(String username, String password) {
        byte[] pair = (username + ":" + password).getBytes(StandardCharsets.UTF_8);
        return "Basic " + Base64.getEncoder().encodeToString(pair);
    }

    @Override
    public void process(Exchange exchange) {
        var message = exchange.getMessage();
        if (!token.isBlank()) {
            message.setHeader("Authorization", scheme + " " + token);
        } else if (!username.isBlank()) {
            message.setHeader("Authorization", basic(username, password));
        }
        text(lines, exchange).lines().filter(line -> line.contains(":")).forEach(line -> {
            int colon = line.indexOf(':');
            message.setHeader(
                    line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        });
        String address = text(url, exchange);
        if (!address.isBlank()) {
            message.setHeader(Exchange.HTTP_URI, address);
        }
    }

    private static String text(DatasetText text, Exchange exchange) {
        return text.of(
                exchange.getVariable("tenant", "", String.class), exchange.getVariable("dataset", "", String.class));
    }
}
