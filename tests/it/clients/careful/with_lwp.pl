# A client that takes every care, with its forms made by HTTP::Request::Common and sent by LWP.

use strict;
use warnings;

use Digest::MD5 qw(md5_hex);
use Digest::SHA qw(hmac_sha1);
use HTTP::Request::Common qw(POST);
use JSON::PP;
use LWP::UserAgent;
use MIME::Base64 qw(encode_base64);
use Time::HiRes qw(sleep);

use constant { ATTEMPTS => 3, PAUSE => 0.2, TIMEOUT => 20, UNFINISHED => -4019 };

# Codes of the error table that ask to come again, or that are transient by nature.
my %TRANSIENT = map { $_ => 1 } (-71, -195, -196, -5997, -20034, -21095, -29302);

# Whatever is thrown is { lost => detail }: no usable answer came, and the next attempt may bring one; or
# { refused => detail, code => number }: the service said no, and will say so again.
sub lost    { die { lost    => "@_" } }
sub refused { my $code = shift; die { refused => "@_", code => $code } }

sub word { return $ENV{"SLICECHECK_$_[0]"} }

my $path = join '/', word('APPID'), word('BUCKET') . word('KEY');
$path =~ s{([^A-Za-z0-9\-._~/])}{sprintf '%%%02X', ord $1}ge;
my $url   = word('ENDPOINT') . "/files/v2/$path";
my $agent = LWP::UserAgent->new(timeout => TIMEOUT, requests_redirectable => []);

sub upload {
    open my $file, '<:raw', word('FILE') or refused(0, "the file: $!");
    my $size    = -s $file;
    my $granted = begin($size);
    my $session = $granted->{session};
    return if !defined $session;    # an address instead: the object is there already

    # The service's choice, whatever was asked for. Without one it is not for us to guess.
    my $step = number($granted->{slice_size});
    refused(0, 'no slice size was granted') if !$step || $step < 0;
    my %held = map { number($_->{offset}) . ' ' . number($_->{datalen}) => 1 } @{ $granted->{listparts} || [] };
    for (my $offset = 0; $offset < $size; $offset += $step) {
        my $length = $step < $size - $offset ? $step : $size - $offset;
        next if $held{"$offset $length"};
        seek $file, $offset, 0;
        my $content;
        my $got = read $file, $content, $length;
        refused(0, 'the file has become shorter') if !defined $got || $got < $length;
        persist(sub { send_slice($session, $offset, $content) });
    }
    persist(sub {
        my $data = call(op => 'upload_slice_finish', session => $session, filesize => $size);
        lost('finish succeeded without an address') if !defined $data->{access_url};
    });
    return;
}

# Opens an upload, or takes up the one that is open.
sub begin {
    my ($size) = @_;
    my $granted = eval {
        session_or_address(op => 'upload_slice_init', filesize => $size, slice_size => word('SLICE_SIZE'));
    };
    return $granted if $granted;
    die $@ if !ref $@ || ($@->{code} // 0) != UNFINISHED;
    $granted = session_or_address(op => 'upload_slice_list');
    my $other = number($granted->{filesize}) // $size;
    refused(UNFINISHED, 'that is of another file') if $other != $size;
    return $granted;
}

sub session_or_address {
    my @fields = @_;
    return persist(sub {
        my $data = call(@fields);
        lost('neither a session nor an address') if !defined $data->{session} && !defined $data->{access_url};
        return $data;
    });
}

sub send_slice {
    my ($session, $offset, $content) = @_;
    my $file = [undef, 'slice', Content => $content];
    my $data = call(op => 'upload_slice_data', session => $session, offset => $offset, filecontent => $file);
    my $digest = md5_hex($content);
    my $sent   = join ' ', $session, $offset, length $content, $digest;
    my $acknowledged = join ' ', $data->{session} // '', number($data->{offset}) // '',
        number($data->{datalen}) // '', $data->{datamd5} // $digest;    # replies of 2016 have no digest
    lost("sent $sent, acknowledged $acknowledged") if $sent ne $acknowledged;
    return;
}

# Posts a form and returns data of a reply whose code is 0.
sub call {
    my @fields  = @_;
    my $request = POST($url, Content_Type => 'form-data', Authorization => signature(), Content => \@fields);
    my $reply   = $agent->request($request);

    # What LWP says itself, when no whole reply came.
    lost($reply->status_line) if ($reply->header('Client-Warning') // '') eq 'Internal response';
    lost('the reply broke off') if $reply->header('Client-Aborted') || $reply->header('X-Died');
    my $text   = $reply->decoded_content(charset => 'none') // lost('a coding that is not known');
    my $length = $reply->header('Content-Length');
    lost('the reply broke off') if defined $length && $length > length $reply->content;
    my $json = eval { decode_json($text) };
    my $code = ref $json eq 'HASH' ? number($json->{code}) : undef;
    lost("a reply without a code: $text") if !defined $code;
    lost($text)                           if $TRANSIENT{$code};
    refused($code, $text)                 if $code;
    lost($reply->status_line)             if $reply->code != 200;
    lost('a reply without data')          if ref $json->{data} ne 'HASH';
    return $json->{data};
}

# What is a number in every reply is a string of digits on some pages.
sub number {
    my ($value) = @_;
    return defined $value && !ref $value && $value =~ /\A-?[0-9]+\z/ ? $value + 0 : undef;
}

# Does what may succeed the next time up to three times.
sub persist {
    my ($attempt) = @_;
    for my $left (reverse 0 .. ATTEMPTS - 1) {
        my $result;
        return $result if eval { $result = $attempt->(); 1 };
        die $@ if !ref $@ || !defined $@->{lost} || !$left;
        sleep PAUSE;
    }
    return;
}

sub signature {
    my $now   = time;
    my $who   = 'a=' . word('APPID') . '&b=' . word('BUCKET') . '&k=' . word('SECRET_ID');
    my $clear = "$who&e=" . ($now + 600) . "&t=$now&r=" . int(rand 2**31) . '&f=';
    return encode_base64(hmac_sha1($clear, word('SECRET_KEY')) . $clear, '');
}

# Neither of the wishes is known here.
exit 89 if word('OP') ne 'upload' || defined word('SHA') || defined word('INSERT_ONLY');
if (!eval { upload(); 1 }) {
    print STDERR ref $@ ? $@->{lost} // $@->{refused} : $@, "\n";
    exit 1;
}
