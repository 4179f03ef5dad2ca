package com.bytefreezer.connector.delivery;

import com.bytefreezer.connector.net.Tls;
import com.bytefreezer.connector.problem.ConnectorException;
import com.bytefreezer.connector.problem.Problem;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.MimeMessage;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Properties;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.component.mail.DefaultJavaMailSender;
import org.jspecify.annotations.Nullable;

/**
 * The server to which a route hands its mails. Unless {@code tls} is {@code none}, the login and the mail go only through an encrypted
 * connection to a server whose certificate has its name.
 */
public final class MailServer extends DefaultJavaMailSender implements CamelContextAware {
    private String tls = "starttls";
    private String timeoutMs = "10000";
    private final Tls trust = new Tls();
    private @Nullable CamelContext camel;
    private @Nullable Session session;

    /**
     * Sets the encryption: {@code starttls}, {@code tls} or {@code none}.
     *
     * @throws ConnectorException if it is something else
     */
    public void setTls(String tls) {
        if (!Set.of("starttls", "tls", "none").contains(tls)) {
            throw new ConnectorException(
                    "mail server: tls must be one of starttls, tls, none, not \"%s\".".formatted(tls),
                    Problem.NOT_STARTED,
                    "",
                    null);
        }
        this.tls = tls;
    }

    /** Sets the time limit to connect, and for each answer, in milliseconds. */
    public void setTimeoutMs(String timeoutMs) {
        this.timeoutMs = timeoutMs;
    }

    /** Sets certificate authorities to trust besides those of the Java installation. */
    public void setCaFile(String caFile) {
        trust.setCaFile(caFile);
    }

    @Override
    public @Nullable CamelContext getCamelContext() {
        return camel;
    }

    @Override
    public void setCamelContext(CamelContext context) {
        camel = context;
    }

    @Override
    public synchronized Session getSession() {
        Session known = session;
        if (known == null) {
            known = Session.getInstance(properties());
            session = known;
        }
        return known;
    }

    private Properties properties() {
        Properties all = new Properties();
        all.setProperty("mail.transport.protocol", "smtp");
        all.setProperty("mail.smtp.auth", String.valueOf(hasLogin()));
        all.setProperty("mail.smtp.ssl.enable", String.valueOf(tls.equals("tls")));
        all.setProperty("mail.smtp.starttls.enable", String.valueOf(tls.equals("starttls")));
        all.setProperty("mail.smtp.starttls.required", String.valueOf(tls.equals("starttls")));
        all.setProperty("mail.smtp.ssl.checkserveridentity", "true");
        all.setProperty("mail.smtp.connectiontimeout", timeoutMs);
        all.setProperty("mail.smtp.timeout", timeoutMs);
        all.setProperty("mail.smtp.writetimeout", timeoutMs);
        if (!tls.equals("none") && camel != null) {
            all.put("mail.smtp.ssl.socketFactory", trust.createSSLContext(camel).getSocketFactory());
        }
        return all;
    }

    private boolean hasLogin() {
        String username = getUsername();
        return username != null && !username.isBlank();
    }

    @Override
    public void send(MimeMessage mail) throws MessagingException {
        mail.setHeader("Date", DateTimeFormatter.RFC_1123_DATE_TIME.format(ZonedDateTime.now(ZoneOffset.UTC)));
        mail.saveChanges();
        try (Transport transport = getSession().getTransport()) {
            transport.connect(
                    getHost(), getPort(), hasLogin() ? getUsername() : null, hasLogin() ? getPassword() : null);
            transport.sendMessage(mail, mail.getAllRecipients());
        }
    }
}
