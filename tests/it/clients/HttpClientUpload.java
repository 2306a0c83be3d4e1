import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A client on the JDK's java.net.http, started from its source. Over TLS it trusts what the virtual machine
 * trusts. It does not try again, resume, or look at what a slice's reply acknowledges.
 */
class HttpClientUpload {
    static final HttpClient HTTP =
        HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    static String word(String name) {
        return System.getenv("SLICECHECK_" + name);
    }

    static String signature() throws Exception {
        long now = System.currentTimeMillis() / 1000;
        String clear = "a=" + word("APPID") + "&b=" + word("BUCKET") + "&k=" + word("SECRET_ID") + "&e="
            + (now + 600) + "&t=" + now + "&r=" + new Random().nextInt(1_000_000_000) + "&f=";
        Mac mac = Mac.getInstance("HmacSHA1");
        mac.init(new SecretKeySpec(word("SECRET_KEY").getBytes(), "HmacSHA1"));
        ByteArrayOutputStream signed = new ByteArrayOutputStream();
        signed.write(mac.doFinal(clear.getBytes()));
        signed.write(clear.getBytes());
        return Base64.getEncoder().encodeToString(signed.toByteArray());
    }

    /** Posts a form of names and values, one after the other, and returns the reply if its code is 0. */
    static String post(Object... fields) throws Exception {
        String boundary = "slicecheck" + Long.toHexString(new Random().nextLong());
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        for (int at = 0; at < fields.length; at += 2) {
            boolean isFile = fields[at + 1] instanceof byte[];
            byte[] value = isFile ? (byte[]) fields[at + 1] : fields[at + 1].toString().getBytes();
            body.write(("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + fields[at] + "\""
                + (isFile ? "; filename=\"slice\"" : "") + "\r\n\r\n").getBytes());
            body.write(value);
            body.write("\r\n".getBytes());
        }
        body.write(("--" + boundary + "--\r\n").getBytes());
        StringBuilder path = new StringBuilder();
        for (byte each : word("KEY").getBytes("UTF-8")) {
            path.append(each == '/' ? "/" : String.format("%%%02X", each));
        }
        URI url = URI.create(
            word("ENDPOINT") + "/files/v2/" + word("APPID") + "/" + word("BUCKET") + path);
        HttpRequest request = HttpRequest.newBuilder(url)
            .header("Authorization", signature())
            .header("Content-Type", "multipart/form-data; boundary=" + boundary)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body.toByteArray()))
            .build();
        HttpResponse<String> reply = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
        if (reply.statusCode() != 200 || !value(reply.body(), "code").equals("0")) {
            throw new IllegalStateException(reply.body());
        }
        return reply.body();
    }

    static String value(String json, String name) {
        Matcher found = Pattern.compile("\"" + name + "\":\"?([^\",}]*)").matcher(json);
        return found.find() ? found.group(1) : "";
    }

    public static void main(String[] arguments) throws Exception {
        if (!word("OP").equals("upload")) {
            System.exit(89);
        }
        byte[] file = Files.readAllBytes(Path.of(word("FILE")));
        String granted = post(
            "op", "upload_slice_init", "filesize", file.length, "slice_size", word("SLICE_SIZE"));
        String session = value(granted, "session");
        int size = Integer.parseInt(value(granted, "slice_size"));
        for (int offset = 0; offset < file.length; offset += size) {
            byte[] slice = Arrays.copyOfRange(file, offset, Math.min(file.length, offset + size));
            post("op", "upload_slice_data", "session", session, "offset", offset, "filecontent", slice);
        }
        post("op", "upload_slice_finish", "session", session, "filesize", file.length);
    }
}
