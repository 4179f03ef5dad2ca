package com.bytefreezer.connector.testing;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** A mail server without TLS that takes every mail and every login. */
public final class MailReceiver implements AutoCloseable {
    private final ServerSocket server;
    private final List<String> conversation = new CopyOnWriteArrayList<>();
    private final List<String> mails = new CopyOnWriteArrayList<>();

    private MailReceiver(ServerSocket server) {
        this.server = server;
    }

    public static MailReceiver start() {
        try {
            MailReceiver receiver = new MailReceiver(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
            Thread thread = new Thread(receiver::serve, "mail-receiver");
            thread.setDaemon(true);
            thread.start();
            return receiver;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return server.getLocalPort();
    }

    /** The commands of all clients. */
    public List<String> conversation() {
        return List.copyOf(conversation);
    }

    /** The taken mails, with their heads. */
    public List<String> mails() {
        return List.copyOf(mails);
    }

    private void serve() {
        while (!server.isClosed()) {
            try (Socket client = server.accept()) {
                talk(client);
            } catch (IOException e) {
                // A client that hangs up, or the end.
            }
        }
    }

    private void talk(Socket client) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(client.getInputStream(), StandardCharsets.UTF_8));
        PrintWriter out = new PrintWriter(client.getOutputStream(), true, StandardCharsets.UTF_8);
        out.print("220 here\r\n");
        out.flush();
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            conversation.add(line);
            String answer =
                    switch (line.split(" ")[0]) {
                        case "EHLO" -> "250-here\r\n250 AUTH PLAIN";
                        case "AUTH" -> "235 welcome";
                        case "DATA" -> "354 go on";
                        case "QUIT" -> "221 bye";
                        default -> "250 ok";
                    };
            out.print(answer + "\r\n");
            out.flush();
            if (line.equals("DATA")) {
                StringBuilder mail = new StringBuilder();
                for (String each = in.readLine(); each != null && !each.equals("."); each = in.readLine()) {
                    mail.append(each).append('\n');
                }
                mails.add(mail.toString());
                out.print("250 taken\r\n");
                out.flush();
            }
        }
    }

    @Override
    public void close() {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
