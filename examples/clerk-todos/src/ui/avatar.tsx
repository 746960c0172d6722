/** A person's picture, or the first letter of the name while there is none. Decorative: the name stands beside it. */
interface AvatarProps {
  readonly name: string;
  readonly imageUrl: string | null | undefined;
  readonly size: number;
}

export function Avatar({ name, imageUrl, size }: AvatarProps) {
  const style = { width: size, height: size, fontSize: size * 0.42 };
  if (imageUrl) return <img className="avatar" src={imageUrl} alt="" style={style} referrerPolicy="no-referrer" />;
  return (
    <span className="avatar" style={style} aria-hidden="true">
      {name.slice(0, 1)}
    </span>
  );
}
